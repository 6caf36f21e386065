internal import PinionTensor

/// A file of Protocol Buffers, read through a window, so that long fields stay on the disk.
final class ProtobufSource {
  private static let windowSize = 1 << 16

  let reader: FileReader
  private var window: [UInt8] = []
  private var start = 0
  /// The number of fields that may still be read: decoded, they take many times their size.
  private var fieldsLeft: Int

  init(_ reader: FileReader, fieldLimit: Int) {
    (self.reader, fieldsLeft) = (reader, fieldLimit)
  }

  func failure(_ place: String, _ expected: String, _ found: String) -> FileError {
    FileError(file: reader.file, place: place, expected: expected, found: found)
  }

  /// A byte inside the file.
  func byte(at position: Int, place: String) throws(FileError) -> UInt8 {
    if position < start || position >= start + window.count {
      let end = min(reader.size, position + Self.windowSize)
      window = try reader.bytes(position..<end, place: place)
      start = position
    }
    return window[position - start]
  }

  func bytes(_ range: Range<Int>, place: String) throws(FileError) -> [UInt8] {
    if range.lowerBound >= start, range.upperBound <= start + window.count {
      return Array(window[range.lowerBound - start..<range.upperBound - start])
    }
    return try reader.bytes(range, place: place)
  }

  /// Counts fields, or the numbers of a packed one.
  func charge(_ count: Int, _ place: String) throws(FileError) {
    guard count <= fieldsLeft else {
      throw failure(place, "fewer fields and numbers", "more than the limit")
    }
    fieldsLeft -= count
  }
}

/// Reads the fields of a message in sequence. Source: the Protocol Buffers documentation,
/// "Encoding".
struct ProtobufReader {
  /// A field's value; a text, a message and packed numbers are ranges of the file.
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(Range<Int>)
  }

  struct Field {
    let number: Int
    let value: Value
    /// Where the field starts in the file.
    let offset: Int
  }

  let source: ProtobufSource
  /// The place that errors name, besides the offset.
  var place: String
  private var position: Int
  private let end: Int

  /// The message in a range of the file.
  init(_ source: ProtobufSource, _ range: Range<Int>, place: String) {
    (self.source, self.place) = (source, place)
    (position, end) = (range.lowerBound, range.upperBound)
  }

  func failure(_ expected: String, _ found: String, at offset: Int? = nil) -> FileError {
    source.failure("\(place), byte \(offset ?? position)", expected, found)
  }

  var isAtEnd: Bool { position == end }

  /// The next field; nil at the end of the message.
  mutating func next() throws(FileError) -> Field? {
    guard position < end else { return nil }
    let offset = position
    try source.charge(1, place)
    let key = try varint()
    let number = Int(clamping: key >> 3)
    guard (1..<1 << 29).contains(number) else {
      throw failure("a field's number", "\(number)", at: offset)
    }
    let value: Value
    switch key & 7 {
    case 0: value = .integer(try varint())
    case 1: value = .fixed64(try fixed(8))
    case 2:
      let count = try varint()
      guard count <= UInt64(end - position) else {
        throw failure("at most \(end - position) bytes", "\(count)", at: offset)
      }
      value = .bytes(position..<position + Int(count))
      position += Int(count)
    case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    default: throw failure("a field's type", "\(key & 7)", at: offset)
    }
    return Field(number: number, value: value, offset: offset)
  }

  /// Seven bits per byte, the lowest first; the eighth is set if more bytes follow.
  mutating func varint() throws(FileError) -> UInt64 {
    let offset = position
    var (value, shift) = (UInt64(0), UInt64(0))
    while position < end, shift < 64 {
      let byte = try source.byte(at: position, place: place)
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw failure("an integer of at most ten bytes", "other bytes", at: offset)
  }

  private mutating func fixed(_ count: Int) throws(FileError) -> UInt64 {
    guard end - position >= count else { throw failure("\(count) bytes", "\(end - position)") }
    var value: UInt64 = 0
    for index in 0..<count {
      value |= UInt64(try source.byte(at: position + index, place: place)) << UInt64(8 * index)
    }
    position += count
    return value
  }

  // MARK: Values of an expected type

  func integer(_ field: Field) throws(FileError) -> Int {
    guard case .integer(let value) = field.value else {
      throw failure("an integer", "another type", at: field.offset)
    }
    return Int(Int64(bitPattern: value))
  }

  func float(_ field: Field) throws(FileError) -> Float {
    guard case .fixed32(let bits) = field.value else {
      throw failure("a float", "another type", at: field.offset)
    }
    return Float(bitPattern: bits)
  }

  func range(_ field: Field) throws(FileError) -> Range<Int> {
    guard case .bytes(let range) = field.value else {
      throw failure("bytes", "another type", at: field.offset)
    }
    return range
  }

  /// A text of at most 4,096 bytes.
  func text(_ field: Field) throws(FileError) -> String {
    let range = try range(field)
    guard range.count <= 4_096 else {
      throw failure("a text of at most 4,096 bytes", "\(range.count)", at: field.offset)
    }
    return String(decoding: try source.bytes(range, place: place), as: UTF8.self)
  }

  func message(_ field: Field, place: String? = nil) throws(FileError) -> ProtobufReader {
    ProtobufReader(source, try range(field), place: place ?? self.place)
  }

  /// The numbers of a repeated field: one, or several packed.
  func integers(_ field: Field) throws(FileError) -> [Int] {
    guard case .bytes = field.value else { return [try integer(field)] }
    var packed = try message(field)
    var values: [Int] = []
    while !packed.isAtEnd {
      try source.charge(1, place)
      values.append(Int(Int64(bitPattern: try packed.varint())))
    }
    return values
  }
}
