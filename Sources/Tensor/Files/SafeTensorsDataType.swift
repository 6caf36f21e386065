extension SafeTensors {
  /// The type of an array's elements; the raw value is its name in the format.
  public enum DataType: String, Sendable, CaseIterable {
    /// Booleans, a byte each.
    case bool = "BOOL"
    /// Four bits, two to a byte.
    case float4 = "F4"
    /// Six bits: two of exponent, three of mantissa.
    case float6E2M3 = "F6_E2M3"
    /// Six bits: three of exponent, two of mantissa.
    case float6E3M2 = "F6_E3M2"
    /// Unsigned bytes.
    case uint8 = "U8"
    /// Signed bytes.
    case int8 = "I8"
    /// Eight bits: five of exponent, two of mantissa.
    case float8E5M2 = "F8_E5M2"
    /// Eight bits: four of exponent, three of mantissa.
    case float8E4M3 = "F8_E4M3"
    /// Eight bits of exponent: a scale.
    case float8E8M0 = "F8_E8M0"
    /// ``float8E4M3`` with one zero and no infinities.
    case float8E4M3FNUZ = "F8_E4M3FNUZ"
    /// ``float8E5M2`` with one zero and no infinities.
    case float8E5M2FNUZ = "F8_E5M2FNUZ"
    /// Signed, 16 bits.
    case int16 = "I16"
    /// Unsigned, 16 bits.
    case uint16 = "U16"
    /// Half precision.
    case float16 = "F16"
    /// The upper half of single precision.
    case bfloat16 = "BF16"
    /// Signed, 32 bits.
    case int32 = "I32"
    /// Unsigned, 32 bits.
    case uint32 = "U32"
    /// Single precision.
    case float32 = "F32"
    /// Complex numbers of two ``float32``.
    case complex64 = "C64"
    /// Double precision.
    case float64 = "F64"
    /// Signed, 64 bits.
    case int64 = "I64"
    /// Unsigned, 64 bits.
    case uint64 = "U64"

    /// Some types are smaller than a byte.
    package var bitsPerElement: Int {
      switch self {
      case .float4: 4
      case .float6E2M3, .float6E3M2: 6
      case .bool, .uint8, .int8: 8
      case .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ, .float8E5M2FNUZ: 8
      case .int16, .uint16, .float16, .bfloat16: 16
      case .int32, .uint32, .float32: 32
      case .complex64, .float64, .int64, .uint64: 64
      }
    }

    /// The size of an array in bytes, or nil if it overflows or is not a whole number of bytes.
    ///
    /// No partial product may overflow, even if a size is zero.
    func byteCount(of shape: Shape) -> Int? {
      var bits = bitsPerElement
      for size in shape {
        let (product, overflow) = bits.multipliedReportingOverflow(by: max(size, 1))
        guard size >= 0, !overflow else { return nil }
        bits = product
      }
      if shape.contains(0) { return 0 }
      return bits % 8 == 0 ? bits / 8 : nil
    }
  }
}

extension SafeTensors.DataType {
  /// Whether arrays of the type can be read as floats.
  var isReadable: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64, .bool: true
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    default: false
    }
  }

  /// The element at an index of an array of a readable type; nil if it is finite but rounds to
  /// infinity.
  ///
  /// Half precision and bfloat16 convert exactly. Double precision and integers are rounded to
  /// nearest, ties to even; underflow gives subnormals or zero. Booleans become 0 and 1.
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
    case .bool: return Self.integer(bytes, at: index) as UInt8 == 0 ? 0 : 1
    case .int8: return Float(Self.integer(bytes, at: index) as Int8)
    case .uint8: return Float(Self.integer(bytes, at: index) as UInt8)
    case .int16: return Float(Self.integer(bytes, at: index) as Int16)
    case .uint16: return Float(Self.integer(bytes, at: index) as UInt16)
    case .int32: return Float(Self.integer(bytes, at: index) as Int32)
    case .uint32: return Float(Self.integer(bytes, at: index) as UInt32)
    case .int64: return Float(Self.integer(bytes, at: index) as Int64)
    case .uint64: return Float(Self.integer(bytes, at: index) as UInt64)
    default: fatalError("\(rawValue) is not readable")
    }
  }

  /// The element at an index of an array in double precision.
  static func double(_ bytes: [UInt8], at index: Int) -> Double {
    Double(bitPattern: integer(bytes, at: index))
  }

  /// IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
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
    return unsafe bytes.withUnsafeBytes {
      unsafe Integer(littleEndian: $0.loadUnaligned(fromByteOffset: index * size, as: Integer.self))
    }
  }
}
