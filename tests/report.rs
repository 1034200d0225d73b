//! The files of a run and what shells are given, as the program writes them.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    #[allow(dead_code, reason = "not every test needs all of it")]
    pub mod sandbox;
}

use std::fs;
use std::process::Command;

use feature_contamination::paper;
use quick_xml::Reader;
use quick_xml::events::Event;
use support::sandbox::{Sandbox, command, stderr};

const IDS: [&str; 2] = ["setting/reduction", "gradient/identity"];

/// Every file of a report, with its text.
fn report(sandbox: &Sandbox, n_threads: usize) -> Vec<(String, String)> {
    let folder = format!("report-{n_threads}");
    let line = format!(
        "verify {} --tier quick --threads {n_threads} --report {folder} --junit {folder}.xml",
        IDS.join(" ")
    );
    let output = sandbox.contam(&line);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("The report lies in {folder}/index.html.")), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let figures = sandbox.names_in(&format!("{folder}/figures"));
    let names = figures.into_iter().map(|name| format!("figures/{name}"));
    let names = names.chain(["index.html".to_owned()]);
    let read = |name: String| {
        let text = fs::read_to_string(sandbox.path(&format!("{folder}/{name}"))).unwrap();
        (name, text)
    };
    names.map(read).collect()
}

#[test]
fn a_report_is_the_same_for_any_number_of_threads_but_for_its_times() {
    let sandbox = Sandbox::new();
    let [one, two] = [1, 2].map(|n_threads| report(&sandbox, n_threads));
    let names: Vec<&str> = one.iter().map(|(name, _)| name.as_str()).collect();
    for stem in ["graph", "gradient--identity", "setting--reduction"] {
        for ending in ["csv", "json", "svg"] {
            let name = format!("figures/{stem}.{ending}");
            assert!(names.contains(&name.as_str()), "{name}: {names:?}");
        }
    }
    assert_eq!(names.len(), 10);
    let without_times = |text: &str| {
        let (before, after) = text.split_once("<dt>time</dt><dd>").unwrap();
        before.to_owned() + after.split_once("</dd>").unwrap().1
    };
    for ((name, text), (_, other)) in one.iter().zip(&two) {
        if name == "index.html" {
            assert_eq!(without_times(text), without_times(other));
        } else {
            assert_eq!(text, other, "{name}");
        }
    }
    let page = &one.last().unwrap().1;
    for id in IDS {
        assert!(page.contains(&format!("<article id=\"{}\">", id.replace('/', "-"))), "{id}");
    }
    let of_all = format!("{} of {} claims", IDS.len(), paper::study().claims().len());
    assert!(page.contains(&of_all), "what was not checked is not told");
    assert!(!page.contains("http"), "the page needs nothing but itself");
}

#[test]
fn test_cases_are_xml_with_a_case_for_each_claim() {
    let sandbox = Sandbox::new();
    let line = format!("control {} --tier quick --quiet --junit cases.xml", IDS.join(" "));
    assert!(sandbox.contam(&line).status.success());
    let text = fs::read_to_string(sandbox.path("cases.xml")).unwrap();
    let mut reader = Reader::from_str(&text);
    let mut cases = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) if element.starts_with("testcase ") => {
                let name = element.try_get_attribute("name").unwrap().unwrap();
                cases.push(name.value.to_string());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(cases, IDS);
}

#[test]
fn places_where_no_report_can_be_are_refused_before_the_work() {
    let sandbox = Sandbox::new().with("file", "kept");
    for (line, named) in [
        ("--report file", ["file", "give a directory"]),
        ("verify linear --report file/inside", ["file/inside", "give a directory"]),
        ("control linear --junit none/cases.xml", ["none/cases.xml", "give a path"]),
        ("verify --plan --report out", ["--plan", "--report"]),
        ("verify --repeat 2 --junit out.xml", ["--repeat", "--junit"]),
        ("verify linear --report out --figures none", ["none", "contam figures --out"]),
        ("verify linear --report out --figures .", ["no figure", "contam figures --out"]),
        ("verify linear --figures .", ["--figures", "--report"]),
    ] {
        sandbox.check_refused(line, &named);
    }
    assert_eq!(fs::read_to_string(sandbox.path("file")).unwrap(), "kept");
    assert_eq!(sandbox.names(), ["file"]);
}

#[test]
fn a_report_takes_away_what_only_an_earlier_one_wrote_and_nothing_else() {
    let sandbox = Sandbox::new();
    let report = |what: &str| {
        let output = sandbox.contam(&format!("{what} --tier quick --quiet --report out"));
        assert!(output.status.success(), "{}", stderr(&output));
        sandbox.names_in("out/figures")
    };
    let files = |stems: &[&str]| -> Vec<String> {
        let of = |stem: &&str| ["csv", "json", "svg"].map(|ending| format!("{stem}.{ending}"));
        stems.iter().flat_map(of).collect()
    };
    let both = report(&format!("verify {}", IDS.join(" ")));
    assert_eq!(both, files(&["gradient--identity", "graph", "setting--reduction"]));
    // A stranger's file, and one of ours that somebody has worked on.
    fs::write(sandbox.path("out/figures/notes.svg"), "mine").unwrap();
    fs::write(sandbox.path("out/figures/setting--reduction.csv"), "mine").unwrap();
    let mut one = files(&["gradient--identity", "graph"]);
    one.extend(["notes.svg", "setting--reduction.csv"].map(str::to_owned));
    assert_eq!(report("verify gradient/identity"), one);
    // Controls colour no graph.
    one.retain(|name| !name.starts_with("graph"));
    assert_eq!(report("control gradient/identity"), one);
    for name in ["notes.svg", "setting--reduction.csv"] {
        let text = fs::read_to_string(sandbox.path(&format!("out/figures/{name}"))).unwrap();
        assert_eq!(text, "mine");
    }
}

#[test]
fn a_list_of_files_that_is_not_ours_is_refused_before_the_work() {
    let sandbox = Sandbox::new().with("contam-files.txt", "mine");
    sandbox.check_refused("verify linear --report .", &["contam-files.txt", "another directory"]);
    assert_eq!(fs::read_to_string(sandbox.path("contam-files.txt")).unwrap(), "mine");
    assert_eq!(sandbox.names(), ["contam-files.txt"]);
}

#[test]
fn figures_from_elsewhere_are_on_the_page() {
    let sandbox = Sandbox::new().with("drawn.svg", "<svg/>").with("drawn.csv", "x");
    let line = "verify gradient/identity --tier quick --quiet --report out --figures .";
    assert!(sandbox.contam(line).status.success());
    let page = fs::read_to_string(sandbox.path("out/index.html")).unwrap();
    assert_eq!(page.matches("data:image/svg+xml,%3Csvg/%3E").count(), 1);
}

#[test]
fn every_shell_gets_its_completions_and_readers_a_manual_page() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = command(sandbox.0.path(), &format!("completions {shell}")).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["verify", "report", "fixed-point"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    sandbox.check_refused("completions nonsense", &["nonsense", "bash"]);
    let output = sandbox.contam("man");
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains(".TH contam 1"), "{page}");
    for word in
        [".SH CONTAM VERIFY", ".SH CONTAM ORACLE FIXED-POINT", "linear/risk", "\\-\\-combine"]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    let help = String::from_utf8(sandbox.contam("--help").stdout).unwrap();
    for word in ["contam completions SHELL", "contam man", "--report"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

/// The script for a shell, in a file of the sandbox.
fn script(sandbox: &Sandbox, shell: &str) -> String {
    let output = sandbox.contam(&format!("completions {shell}"));
    assert!(output.status.success(), "{}", stderr(&output));
    fs::write(sandbox.path(shell), &output.stdout).unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn shells_complete_ids_where_a_command_takes_them() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh"] {
        let script = script(&sandbox, shell);
        // Once each: `verify`, `control`, `explain`.
        assert!(script.matches("linear/risk").count() >= 3, "{shell}");
        assert_eq!(script.matches("theorems/linear-networks").count(), 1, "{shell}");
    }
    // The parser does not know the list: a misspelt id still meets its nearest one, in one line.
    let misspelt = ["unknown claim `linear/rsk`", "did you mean `linear/risk`", "contam list"];
    for line in ["verify linear/rsk", "control linear/rsk", "explain linear/rsk"] {
        sandbox.check_refused(line, &misspelt);
    }
}

/// What bash offers for the last of these words.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let line = format!(
        "source ./bash && COMP_WORDS=({}) COMP_CWORD={} && _contam contam '{}' '{}' && \
         echo ${{COMPREPLY[@]}}",
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = Command::new("bash").args(["-c", &line]).current_dir(sandbox.0.path()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_reads_its_script_and_offers_ids() {
    let sandbox = Sandbox::new();
    script(&sandbox, "bash");
    let Ok(parsed) = Command::new("bash").arg("-n").arg(sandbox.path("bash")).status() else {
        eprintln!("not checked: there is no bash here");
        return;
    };
    assert!(parsed.success());
    assert_eq!(offered(&sandbox, &["contam", "verify", "linear/ri"]), ["linear/risk"]);
    assert_eq!(
        offered(&sandbox, &["contam", "control", "setting/reduction", "linear"]),
        ["linear/cancellation", "linear/closed-form", "linear/risk", "linear"]
    );
    assert_eq!(
        offered(&sandbox, &["contam", "explain", "theorems/lin"]),
        ["theorems/linear-networks"]
    );
    assert!(offered(&sandbox, &["contam", "oracle", "linear/ri"]).is_empty());
}
