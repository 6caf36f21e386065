extension SafeTensors.DataType {
  /// Whether arrays of the type can be read, as floats.
  var isReadable: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// The number at an index of an array of a readable type, as a float; nil if it is finite and no float is.
  ///
  /// Half precision and bfloat16 are subsets of single precision, so that they convert exactly. Double precision is
  /// rounded to the nearest float, ties to even; what is too small for a float becomes a subnormal or zero. A number
  /// that would round to infinity is refused: a weight that is infinite by conversion alone spoils every output.
  func float(_ bytes: [UInt8], at index: Int) -> Float? {
    switch self {
    case .float16: return Self.half(Self.integer(bytes, at: index))
    case .bfloat16:
      return Float(bitPattern: UInt32(Self.integer(bytes, at: index) as UInt16) << 16)
    case .float32: return Float(bitPattern: Self.integer(bytes, at: index))
    case .float64:
      let double = Self.double(bytes, at: index)
      let float = Float(double)
      return float.isInfinite && double.isFinite ? nil : float
    default: fatalError("\(rawValue) is not readable")
    }
  }

  /// The number at an index of an array in double precision.
  static func double(_ bytes: [UInt8], at index: Int) -> Double {
    Double(bitPattern: integer(bytes, at: index))
  }

  /// A number in half precision (IEEE 754 binary16): sign, 5 bits of exponent with bias 15, 10 of fraction.
  private static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      // Subnormal: fraction · 2⁻²⁴, a normal float.
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    case 0x1F: return Float(bitPattern: sign | 0xFF << 23 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 127 - 15) << 23 | fraction << 13)
    }
  }

  /// The little-endian integer at an index.
  private static func integer<Integer: FixedWidthInteger>(
    _ bytes: [UInt8], at index: Int
  ) -> Integer {
    let size = MemoryLayout<Integer>.size
    return bytes.withUnsafeBytes {
      Integer(littleEndian: $0.loadUnaligned(fromByteOffset: index * size, as: Integer.self))
    }
  }
}
