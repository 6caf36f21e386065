/// A message of Protocol Buffers under construction: fields, each with its number.
///
/// A writer of the few kinds of fields that ONNX and TensorBoard need, so that the product needs
/// neither swift-protobuf nor generated code. Source: the Protocol Buffers documentation,
/// "Encoding".
package struct ProtobufMessage {
  /// The encoded fields.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// A message with the fields that `body` adds.
  package init(_ body: (inout ProtobufMessage) -> Void) { body(&self) }

  /// How a field's value is encoded.
  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func key(_ field: Int, _ type: WireType) {
    varint(UInt64(field) << 3 | type.rawValue)
  }

  /// Seven bits per byte, the lowest first; the eighth is set if more bytes follow.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// An int32, int64, bool or enum; negative numbers take ten bytes.
  package mutating func integer(_ field: Int, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  package mutating func float(_ field: Int, _ value: Float) {
    key(field, .fixed32)
    append(value.bitPattern)
  }

  package mutating func double(_ field: Int, _ value: Double) {
    key(field, .fixed64)
    append(value.bitPattern)
  }

  package mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
    key(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes += value
  }

  package mutating func string(_ field: Int, _ value: String) { bytes(field, value.utf8) }

  package mutating func message(_ field: Int, _ value: ProtobufMessage) {
    bytes(field, value.bytes)
  }

  package mutating func message(_ field: Int, _ body: (inout ProtobufMessage) -> Void) {
    message(field, ProtobufMessage(body))
  }

  /// A packed repeated field.
  package mutating func doubles(_ field: Int, _ values: [Double]) {
    key(field, .lengthDelimited)
    varint(UInt64(values.count * MemoryLayout<Double>.size))
    for value in values { append(value.bitPattern) }
  }

  private mutating func append<Bits: FixedWidthInteger>(_ bits: Bits) {
    unsafe withUnsafeBytes(of: bits.littleEndian) { unsafe bytes += $0 }
  }
}
