//! How far the hot loops are from the machine's limit, and their times for the comparison with other programs.
//!
//! Without arguments a table: the peak of fused multiply-adds, measured in the same run, and what share of it each
//! loop reaches. `--case NAME [--repeats N] [--threads N] [--units N]` prints one case as JSON, so many units of work
//! a repeat; `benches/peers/peers.py` and `benches/instructions.py` ask so.

use std::hint::black_box;
use std::time::Instant;

use feature_contamination::network::gaussian_start;
use feature_contamination::predict::PopulationOracle;
use feature_contamination::seed::Seed;
use feature_contamination::setting::{
    Description, EngineKind, Experiment, Latent, Precision, Setting,
};
use feature_contamination::train::{ExperimentRun, Simulation};
use pulp::{Arch, Simd, WithSimd};

/// Independent chains of fused multiply-adds: more than the latency of four cycles times two units needs.
const N_CHAINS: usize = 12;
const N_ROUNDS: usize = 2_000_000;

/// Multiplies and adds in registers; returns the number of floating-point operations.
struct Peak<T>(T);

impl WithSimd for Peak<f32> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (factor, term) = (simd.splat_f32s(0.999), simd.splat_f32s(black_box(self.0)));
        // Different starts, or the compiler would keep one chain of them all.
        let mut chains: [_; N_CHAINS] =
            std::array::from_fn(|idx| simd.splat_f32s(black_box(idx as f32)));
        for _ in 0..N_ROUNDS {
            for chain in &mut chains {
                *chain = simd.mul_add_f32s(*chain, factor, term);
            }
        }
        black_box(chains.map(|chain| simd.reduce_sum_f32s(chain)));
        (2 * N_CHAINS * N_ROUNDS * S::F32_LANES) as f64
    }
}

impl WithSimd for Peak<f64> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (factor, term) = (simd.splat_f64s(0.999), simd.splat_f64s(black_box(self.0)));
        // Different starts, or the compiler would keep one chain of them all.
        let mut chains: [_; N_CHAINS] =
            std::array::from_fn(|idx| simd.splat_f64s(black_box(idx as f64)));
        for _ in 0..N_ROUNDS {
            for chain in &mut chains {
                *chain = simd.mul_add_f64s(*chain, factor, term);
            }
        }
        black_box(chains.map(|chain| simd.reduce_sum_f64s(chain)));
        (2 * N_CHAINS * N_ROUNDS * S::F64_LANES) as f64
    }
}

/// Gigaflops per second of so many threads that each do the same.
fn peak(precision: Precision, n_threads: usize) -> f64 {
    let one = || match precision {
        Precision::F32 => Arch::new().dispatch(Peak(1e-3_f32)),
        Precision::F64 => Arch::new().dispatch(Peak(1e-3_f64)),
    };
    let (seconds, flops) = fastest(5, || on_threads(n_threads, one));
    flops / seconds / 1e9
}

fn on_threads(n_threads: usize, one: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(&one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(f64::NAN)).sum()
    })
}

/// The least time of some repeats, with what the work returns.
fn fastest(n_repeats: usize, mut work: impl FnMut() -> f64) -> (f64, f64) {
    let mut least = f64::INFINITY;
    let mut result = 0.0;
    for _ in 0..n_repeats {
        let watch = Instant::now();
        result = work();
        least = least.min(watch.elapsed().as_secs_f64());
    }
    (least, result)
}

/// One loop that is timed.
struct Case {
    name: &'static str,
    /// Floating-point operations and bytes to and from memory of one unit of work, as far as they are in
    /// proportion to it.
    flops: f64,
    bytes: f64,
    /// Seconds of one unit of work.
    time: Box<dyn FnMut() -> f64 + Send>,
}

/// The two products of a step; weights read twice and written once, and the batch.
fn step_case(name: &'static str, setting: Setting, n_units: Option<usize>) -> Case {
    let size = |n: usize| n as f64;
    let (n, d0, m) = (size(setting.batch), size(setting.n_features()), size(setting.width));
    // Some tens at least: at the start of a burst the second thread has to wake up.
    let n_steps = n_units.unwrap_or((2e9 / (4.0 * n * d0 * m)).clamp(27.0, 200.0) as usize);
    let time = move || {
        // From the start each time: later, neurons that are certainly active are not multiplied out.
        let mut run = Simulation::<f32>::new(&setting, EngineKind::Feature, Seed::root(1))
            .expect("the theorem's regime is consistent");
        run.step().expect("the run stays finite");
        let watch = Instant::now();
        for _ in 0..n_steps {
            run.step().expect("the run stays finite");
        }
        watch.elapsed().as_secs_f64() / n_steps as f64
    };
    let bytes = 4.0 * (3.0 * m * d0 + 2.0 * n * d0);
    Case { name, flops: 4.0 * n * d0 * m, bytes, time: Box::new(time) }
}

/// The first steps of a run, on average: neurons become certain on their own class, and are not multiplied out.
fn run_case(name: &'static str, setting: Setting, n_units: Option<usize>) -> Case {
    let n_steps = n_units.unwrap_or(100);
    let mut case = step_case(name, setting.clone(), Some(1));
    case.time = Box::new(move || {
        let mut run = Simulation::<f32>::new(&setting, EngineKind::Feature, Seed::root(1))
            .expect("the theorem's regime is consistent");
        let watch = Instant::now();
        run.advance_to(n_steps).expect("the run stays finite");
        watch.elapsed().as_secs_f64() / n_steps as f64
    });
    case
}

fn toy_case(n_units: Option<usize>) -> Case {
    let n_steps = n_units.unwrap_or(200);
    let experiment =
        Experiment::new(Description::toy_theoretical(1)).expect("the toy is consistent");
    let mut run = ExperimentRun::<f32>::new(&experiment, None).expect("uniform laws are sampled");
    let time = move || {
        let watch = Instant::now();
        run.advance_to(run.n_steps_done() + n_steps).expect("the run stays finite");
        watch.elapsed().as_secs_f64() / n_steps as f64
    };
    // Inputs, weights, velocity.
    let bytes = 4.0 * (1000.0 * 65.0 + 5.0 * 256.0 * 65.0);
    Case { name: "toy", flops: 4.0 * 1000.0 * 65.0 * 256.0, bytes, time: Box::new(time) }
}

/// Both classes of one random neuron of 64 uniform features, certified to 1e-10.
fn activation_case(n_units: Option<usize>) -> Case {
    let n_neurons = n_units.unwrap_or(64);
    let oracle =
        PopulationOracle::new(&[Latent::Uniform; 64], 32).expect("half of the features are core");
    let weights = gaussian_start::<f64>(n_neurons, 64, 1, Seed::root(1));
    let rows: Vec<Vec<f64>> =
        (0..n_neurons).map(|k| weights.row(k).iter().copied().collect()).collect();
    let time = move || {
        let watch = Instant::now();
        for row in &rows {
            black_box(oracle.probabilities(row).expect("finite weights"));
        }
        watch.elapsed().as_secs_f64() / rows.len() as f64
    };
    Case { name: "activation", flops: f64::NAN, bytes: f64::NAN, time: Box::new(time) }
}

fn setting(n_features: usize, batch: usize, width: usize) -> Setting {
    Setting::theorem(n_features)
        .with(|p| (p.batch, p.width) = (batch, width))
        .expect("a batch and a width of their own")
}

fn case(name: &str, n_units: Option<usize>) -> Option<Case> {
    Some(match name {
        "step-64" => step_case("step-64", setting(64, 1024, 256), n_units),
        "step-256" => step_case("step-256", setting(256, 1024, 1024), n_units),
        "step-1024" => step_case("step-1024", setting(1024, 1024, 1024), n_units),
        "run-64" => run_case("run-64", setting(64, 1024, 256), n_units),
        "run-256" => run_case("run-256", setting(256, 1024, 1024), n_units),
        "theorem-64" => step_case("theorem-64", Setting::theorem(64), n_units),
        "toy" => toy_case(n_units),
        "activation" => activation_case(n_units),
        _ => return None,
    })
}

const NAMES: [&str; 8] =
    ["step-64", "step-256", "step-1024", "run-64", "run-256", "theorem-64", "toy", "activation"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str| option(name).and_then(|n| n.parse().ok());
    match option("--case") {
        Some(name) => one_case(&name, &number),
        None => table(),
    }
}

fn one_case(name: &str, number: &impl Fn(&str) -> Option<usize>) {
    let Some(mut case) = case(name, number("--units")) else {
        eprintln!("no case `{name}`; there are {}", NAMES.join(", "));
        std::process::exit(2);
    };
    let (n_repeats, n_threads) = (number("--repeats"), number("--threads"));
    let times = case.times(n_repeats.unwrap_or(1), n_threads.unwrap_or(1));
    println!("{{\"case\": \"{}\", \"flops\": {}, \"seconds\": {times:?}}}", case.name, case.flops);
}

impl Case {
    /// Some times after a first one, on so many threads. The work begins on a thread of the pool, as it does
    /// where many runs share the threads: from outside, every piece of it would have to be handed over.
    fn times(&mut self, n_repeats: usize, n_threads: usize) -> Vec<f64> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
        pool.expect("threads can be started").install(|| {
            (self.time)();
            (0..n_repeats).map(|_| (self.time)()).collect()
        })
    }
}

fn table() {
    println!("Peak of fused multiply-adds, GFLOP/s:");
    let single = peak(Precision::F32, 1);
    println!("  f32  {single:.1} on one thread, {:.1} on two", peak(Precision::F32, 2));
    println!(
        "  f64  {:.1} on one thread, {:.1} on two",
        peak(Precision::F64, 1),
        peak(Precision::F64, 2)
    );
    println!("\nf32; the least of 15 repeats, by turns on one thread and on two:");
    println!(
        "  case          time per unit   GFLOP/s   of the peak   two threads   flops per byte"
    );
    for name in NAMES {
        let Some(mut case) = case(name, None) else { continue };
        let mut least = [f64::INFINITY; 2];
        for _ in 0..5 {
            for (n_threads, least) in [1, 2].into_iter().zip(&mut least) {
                *least = case.times(3, n_threads).into_iter().fold(*least, f64::min);
            }
        }
        let rate = case.flops / least[0] / 1e9;
        println!(
            "  {:<12} {:>11.1} us {rate:>9.1} {:>11.0} % {:>12.2}x {:>16.0}",
            case.name,
            1e6 * least[0],
            100.0 * rate / single,
            least[0] / least[1],
            case.flops / case.bytes
        );
    }
}
