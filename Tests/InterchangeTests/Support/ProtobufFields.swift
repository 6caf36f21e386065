import PinionTensor
import Testing

/// The fields of a message of Protocol Buffers, read by plain loops.
struct ProtobufFields {
  enum Value: Equatable {
    case integer(Int)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes([UInt8])
  }

  private(set) var fields: [(number: Int, value: Value)] = []

  init(_ bytes: [UInt8]) throws {
    var position = 0
    func varint() throws -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while true {
        let byte = try #require(position < bytes.count ? bytes[position] : nil)
        position += 1
        value |= UInt64(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { return value }
      }
    }
    func fixed(_ count: Int) throws -> UInt64 {
      try #require(position + count <= bytes.count)
      defer { position += count }
      return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    while position < bytes.count {
      let key = try varint()
      let number = Int(key >> 3)
      switch key & 7 {
      case 0: fields.append((number, .integer(Int(Int64(bitPattern: try varint())))))
      case 1: fields.append((number, .fixed64(try fixed(8))))
      case 5: fields.append((number, .fixed32(UInt32(try fixed(4)))))
      default:
        try #require(key & 7 == 2)
        let count = Int(try varint())
        try #require(position + count <= bytes.count)
        fields.append((number, .bytes(Array(bytes[position..<position + count]))))
        position += count
      }
    }
  }

  func messages(_ number: Int) throws -> [ProtobufFields] {
    try fields.compactMap { field in
      guard field.number == number, case .bytes(let bytes) = field.value else { return nil }
      return try ProtobufFields(bytes)
    }
  }

  func message(_ number: Int) throws -> ProtobufFields {
    try #require(try messages(number).first)
  }

  func text(_ number: Int) -> String? {
    for case (number, .bytes(let bytes)) in fields {
      return String(decoding: bytes, as: UTF8.self)
    }
    return nil
  }

  func integer(_ number: Int) -> Int? {
    for case (number, .integer(let value)) in fields { return value }
    return nil
  }

  func float(_ number: Int) -> Float? {
    for case (number, .fixed32(let bits)) in fields { return Float(bitPattern: bits) }
    return nil
  }

  func double(_ number: Int) -> Double? {
    for case (number, .fixed64(let bits)) in fields { return Double(bitPattern: bits) }
    return nil
  }

  /// The doubles of a packed field.
  func doubles(_ number: Int) -> [Double] {
    for case (number, .bytes(let bytes)) in fields {
      return stride(from: 0, to: bytes.count, by: 8).map { start in
        Double(
          bitPattern: bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
      }
    }
    return []
  }
}
