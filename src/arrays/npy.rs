//! Single NumPy arrays.

use npyz::NpyFile;

use super::{Array, Fault};

/// A longer header belongs to an array of records.
pub const MAX_HEADER_BYTES: usize = 1024;

/// The entries of a list, or of an array of one row or one column, of `f32` or `f64` in either byte order.
///
/// ```
/// use feature_contamination::arrays::parse_vector;
///
/// let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
/// let mut bytes = [&b"\x93NUMPY\x01\x00\x76\x00"[..], format!("{header:<117}\n").as_bytes()].concat();
/// bytes.extend([0.5_f64, -2.0].map(f64::to_le_bytes).as_flattened());
/// assert_eq!(parse_vector(&bytes, 10), Ok(vec![0.5, -2.0]));
/// // More entries than the caller takes.
/// assert!(parse_vector(&bytes, 1).is_err());
/// ```
///
/// # Errors
/// - bytes that are no `.npy` file or end too early;
/// - another dtype or shape, no entry or more than `max_entries`;
/// - an entry that is not finite.
pub fn parse_vector(bytes: &[u8], max_entries: u64) -> Result<Vec<f64>, Fault> {
    check_header_length(bytes)?;
    let file = NpyFile::new(bytes).map_err(|e| format!("it is no .npy file ({e})"))?;
    check_shape(file.shape(), max_entries)?;
    entries(file)
}

/// An array of any shape of at most so many entries, in C order, whatever its order in the file.
///
/// # Errors
/// As [`parse_vector`], whatever the shape.
pub fn parse_array(bytes: &[u8], max_entries: u64) -> Result<Array, Fault> {
    check_header_length(bytes)?;
    let file = NpyFile::new(bytes).map_err(|e| format!("it is no .npy file ({e})"))?;
    let sides = file.shape().to_vec();
    let n_entries = sides.iter().try_fold(1_u64, |n, &side| n.checked_mul(side));
    if n_entries.is_none_or(|n| n > max_entries) {
        return Err(format!("its shape is {}: {max_entries} entries fit", tuple(&sides)));
    }
    let shape: Vec<usize> = sides.iter().map(|&side| side as usize).collect();
    let is_fortran = file.order() == npyz::Order::Fortran;
    let values = entries(file)?;
    let values = if is_fortran { in_c_order(&shape, &values) } else { values };
    Ok(Array { shape, values })
}

/// The entries of an array whose first axis is the fastest, with the last axis the fastest.
fn in_c_order(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let place = |mut idx: usize| {
        let mut index_of_axis = vec![0; shape.len()];
        for (axis, side) in shape.iter().enumerate().rev() {
            (index_of_axis[axis], idx) = (idx % side, idx / side);
        }
        index_of_axis.iter().zip(shape).rev().fold(0, |place, (idx, side)| place * side + idx)
    };
    (0..values.len()).map(|idx| values[place(idx)]).collect()
}

/// The finite entries of a file of `f32` or `f64`.
fn entries(file: NpyFile<&[u8]>) -> Result<Vec<f64>, Fault> {
    let truncated = |e: std::io::Error| format!("it ends too early ({e})");
    let entries: Vec<f64> = match file.try_data::<f64>() {
        Ok(entries) => entries.collect::<Result<_, _>>().map_err(truncated)?,
        Err(file) => match file.try_data::<f32>() {
            Ok(entries) => entries
                .map(|entry| entry.map(f64::from))
                .collect::<Result<_, _>>()
                .map_err(truncated)?,
            Err(file) => {
                return Err(format!("its dtype is {}, not f4 or f8", file.dtype().descr()));
            }
        },
    };
    match entries.iter().position(|entry| !entry.is_finite()) {
        Some(j) => Err(format!("entry {j} is {}, not a finite number", entries[j])),
        None => Ok(entries),
    }
}

/// Keeps a header that is long or deeply nested from the parser.
fn check_header_length(bytes: &[u8]) -> Result<(), Fault> {
    let n_bytes = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => {
            usize::from(u16::from_le_bytes([*low, *high]))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, a, b, c, d, ..] => {
            u32::from_le_bytes([*a, *b, *c, *d]) as usize
        }
        _ => return Err("it does not begin like a .npy file".into()),
    };
    if n_bytes > MAX_HEADER_BYTES {
        return Err(format!("its header of {n_bytes} bytes is longer than that of a vector"));
    }
    Ok(())
}

fn check_shape(shape: &[u64], max_entries: u64) -> Result<(), Fault> {
    let n_entries = match shape {
        [n] | [1, n] | [n, 1] => *n,
        _ => return Err(format!("its shape is {}, not (n,)", tuple(shape))),
    };
    if !(1..=max_entries).contains(&n_entries) {
        return Err(format!("its shape is {}: 1 to {max_entries} entries fit", tuple(shape)));
    }
    Ok(())
}

/// A shape as NumPy writes it.
fn tuple(shape: &[u64]) -> String {
    match shape {
        [n] => format!("({n},)"),
        _ => format!("({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1.0 with this dtype, shape and data.
    fn file(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn both_precisions_both_byte_orders_and_flat_shapes_are_read() {
        let cases: [(&str, &str, Vec<u8>); 5] = [
            ("'<f8'", "(2,)", [1.0_f64, -0.5].map(f64::to_le_bytes).concat()),
            ("'>f8'", "(2,)", [1.0_f64, -0.5].map(f64::to_be_bytes).concat()),
            ("'<f4'", "(2, 1)", [1.0_f32, -0.5].map(f32::to_le_bytes).concat()),
            ("'>f4'", "(1, 2)", [1.0_f32, -0.5].map(f32::to_be_bytes).concat()),
            ("'<f8'", "(1, 2)", [1.0_f64, -0.5].map(f64::to_le_bytes).concat()),
        ];
        for (dtype, shape, data) in cases {
            assert_eq!(
                parse_vector(&file(dtype, shape, &data), 2).unwrap(),
                [1.0, -0.5],
                "{dtype} {shape}"
            );
        }
    }

    #[test]
    fn an_array_is_in_c_order_whatever_its_order_in_the_file() {
        let data = [1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0].map(f64::to_le_bytes).concat();
        let c_order = file("'<f8'", "(2, 3)", &data);
        let array = parse_array(&c_order, 6).unwrap();
        assert_eq!((array.shape, array.values), (vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let text = "'fortran_order': False";
        let at = c_order.windows(text.len()).position(|part| part == text.as_bytes()).unwrap();
        let mut fortran = c_order.clone();
        fortran[at..at + text.len()].copy_from_slice(b"'fortran_order': True ");
        assert_eq!(parse_array(&fortran, 6).unwrap().values, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        assert!(parse_array(&c_order, 5).unwrap_err().contains("(2, 3)"));
    }

    #[test]
    fn every_other_file_is_refused_with_what_it_is() {
        let data = [0_u8; 64];
        let nan = [1.0, f64::NAN].map(f64::to_le_bytes).concat();
        let mut long_header = file("'<f8'", "(2,)", &data);
        long_header[9] = 0xff;
        let nested = file("'<f8'", &"(".repeat(900), &data);
        let mut huge_header = b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec();
        huge_header.extend(data);
        let cases = [
            (file("'<i8'", "(2,)", &data), "'<i8'"),
            (file("'|O'", "(2,)", &data), "'|O'"),
            (file("'<f2'", "(2,)", &data), "'<f2'"),
            (file("'<c16'", "(2,)", &data), "'<c16'"),
            (file("[('a', '<f8')]", "(2,)", &data), "'a'"),
            (file("'<f8'", "(2, 2)", &data), "(2, 2)"),
            (file("'<f8'", "()", &data), "()"),
            (file("'<f8'", "(0,)", &data), "(0,)"),
            (file("'<f8'", "(1048577,)", &data), "(1048577,)"),
            (file("'<f8'", "(18446744073709551615,)", &data), "18446744073709551615"),
            (file("'<f8'", "(18446744073709551615, 7)", &data), "18446744073709551615, 7"),
            (file("'<f8'", "(9,)", &data), "too early"),
            (file("'<f8'", "(2,)", &nan), "entry 1 is NaN"),
            (long_header, "longer"),
            (huge_header, "longer"),
            (nested, "no .npy file"),
            (b"\x93NUMPY\x01\x00".to_vec(), "begin"),
            (b"PK\x03\x04".to_vec(), "begin"),
            (Vec::new(), "begin"),
        ];
        for (bytes, named) in cases {
            let reason = parse_vector(&bytes, 1 << 20).unwrap_err();
            assert!(reason.contains(named), "{named}: {reason}");
        }
    }
}
