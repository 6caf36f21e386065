public import PinionTensor

/// The type of the elements of an array in a file of another library.
public enum ElementType: String, Sendable, CaseIterable {
  /// Booleans, a byte each.
  case bool
  case int8
  case uint8
  case int16
  case uint16
  case int32
  case uint32
  case int64
  case uint64
  /// Half precision: 5 bits of exponent, 10 of fraction.
  case float16
  /// The upper half of single precision: 8 bits of exponent, 7 of fraction.
  case bfloat16
  case float32
  case float64

  /// The size of an element in bytes.
  public var size: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// Whether elements can be read as a tensor's: all types as `Float` and `Double`, integers and
  /// Booleans as `Int32`, Booleans as `Bool`.
  public func isReadable<Scalar: TensorScalar>(as type: Scalar.Type) -> Bool {
    if type == Bool.self { return self == .bool }
    if type == Int32.self { return !isReal }
    return true
  }

  var isReal: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// The size of an array in bytes; nil if it overflows. No partial product may overflow, even if a
  /// size is zero.
  func byteCount(of shape: Shape) -> Int? {
    var bytes = size
    for size in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: max(size, 1))
      guard size >= 0, !overflow else { return nil }
      bytes = product
    }
    return shape.contains(0) ? 0 : bytes
  }
}

/// An element that a tensor of the wanted type cannot hold.
struct UnrepresentableElement: Error {
  let index: Int
  let value: String
}

extension ElementType {
  /// Converts `bytes.count / size` elements of a type that ``isReadable(as:)``.
  ///
  /// Numbers are rounded to the nearest, ties to even. Throws for an integer outside the range of
  /// `Int32`, and for a finite number that rounds to infinity.
  func decode<Scalar: TensorScalar>(
    _ bytes: UnsafeRawBufferPointer, isBigEndian: Bool, into target: UnsafeMutablePointer<Scalar>
  ) throws(UnrepresentableElement) {
    let elements = unsafe Elements(bytes: bytes, isBigEndian: isBigEndian)
    let memory = UnsafeMutableRawPointer(target)
    if Scalar.self == Float.self {
      try unsafe real(elements, into: memory.assumingMemoryBound(to: Float.self))
    } else if Scalar.self == Double.self {
      try unsafe real(elements, into: memory.assumingMemoryBound(to: Double.self))
    } else if Scalar.self == Int32.self {
      try unsafe integers(elements, into: memory.assumingMemoryBound(to: Int32.self))
    } else {
      require(self == .bool && Scalar.self == Bool.self, "\(self) as \(Scalar.self)")
      try unsafe elements.convert(UInt8.self, into: memory.assumingMemoryBound(to: Bool.self)) {
        $0 != 0
      }
    }
  }

  @inline(__always)
  private func real<Real: RealScalar>(
    _ elements: Elements, into target: UnsafeMutablePointer<Real>
  ) throws(UnrepresentableElement) {
    switch self {
    case .bool: try unsafe elements.convert(UInt8.self, into: target) { $0 == 0 ? 0 : 1 }
    case .int8: try unsafe elements.convert(Int8.self, into: target) { Real($0) }
    case .uint8: try unsafe elements.convert(UInt8.self, into: target) { Real($0) }
    case .int16: try unsafe elements.convert(Int16.self, into: target) { Real($0) }
    case .uint16: try unsafe elements.convert(UInt16.self, into: target) { Real($0) }
    case .int32: try unsafe elements.convert(Int32.self, into: target) { Real($0) }
    case .uint32: try unsafe elements.convert(UInt32.self, into: target) { Real($0) }
    case .int64: try unsafe elements.convert(Int64.self, into: target) { Real($0) }
    case .uint64: try unsafe elements.convert(UInt64.self, into: target) { Real($0) }
    case .float16: try unsafe elements.convert(UInt16.self, into: target) { Real(Self.half($0)) }
    case .bfloat16:
      try unsafe elements.convert(UInt16.self, into: target) {
        Real(Float(bitPattern: UInt32($0) << 16))
      }
    case .float32:
      try unsafe elements.convert(UInt32.self, into: target) { Real(Float(bitPattern: $0)) }
    case .float64:
      try unsafe elements.convert(UInt64.self, into: target) { bits in
        let double = Double(bitPattern: bits)
        let value = Real(double)
        return value.isInfinite && double.isFinite ? nil : value
      }
    }
  }

  private func integers(
    _ elements: Elements, into target: UnsafeMutablePointer<Int32>
  ) throws(UnrepresentableElement) {
    switch self {
    case .bool: try unsafe elements.convert(UInt8.self, into: target) { $0 == 0 ? 0 : 1 }
    case .int8: try unsafe elements.convert(Int8.self, into: target) { Int32($0) }
    case .uint8: try unsafe elements.convert(UInt8.self, into: target) { Int32($0) }
    case .int16: try unsafe elements.convert(Int16.self, into: target) { Int32($0) }
    case .uint16: try unsafe elements.convert(UInt16.self, into: target) { Int32($0) }
    case .int32: try unsafe elements.convert(Int32.self, into: target) { $0 }
    case .uint32: try unsafe elements.convert(UInt32.self, into: target) { Int32(exactly: $0) }
    case .int64: try unsafe elements.convert(Int64.self, into: target) { Int32(exactly: $0) }
    case .uint64: try unsafe elements.convert(UInt64.self, into: target) { Int32(exactly: $0) }
    case .float16, .bfloat16, .float32, .float64: require(false, "\(self) as integers")
    }
  }

  /// IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction.
  private static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let (exponent, fraction) = (UInt32(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
    switch exponent {
    case 0: return Float(bitPattern: (Float(fraction) * 0x1p-24).bitPattern | sign)
    case 0x1F: return Float(bitPattern: sign | 0xFF << 23 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 127 - 15) << 23 | fraction << 13)
    }
  }
}

/// Unconverted elements.
@safe private struct Elements {
  let bytes: UnsafeRawBufferPointer
  let isBigEndian: Bool

  @inline(__always)
  func convert<Bits: FixedWidthInteger, Result>(
    _ type: Bits.Type, into target: UnsafeMutablePointer<Result>, _ result: (Bits) -> Result?
  ) throws(UnrepresentableElement) {
    let size = MemoryLayout<Bits>.size
    guard let start = unsafe bytes.baseAddress else { return }
    for index in unsafe 0..<bytes.count / size {
      let stored = unsafe start.loadUnaligned(fromByteOffset: index * size, as: Bits.self)
      let bits = isBigEndian ? Bits(bigEndian: stored) : Bits(littleEndian: stored)
      guard let value = result(bits) else {
        let isReal = Bits.self == UInt64.self && Result.self != Int32.self
        throw UnrepresentableElement(
          index: index,
          value: isReal ? "\(Double(bitPattern: UInt64(truncatingIfNeeded: bits)))" : "\(bits)")
      }
      unsafe target[index] = value
    }
  }
}
