internal import PinionTensor

/// A constant in an ONNX file, whose elements are read on demand.
struct ONNXTensor {
  private enum Storage {
    /// Elements side by side, little-endian.
    case raw(Range<Int>)
    /// Integers of variable length.
    case varints(Range<Int>)
    case none
  }

  let name: String
  let sizes: [Int]
  let type: ElementType
  private let source: ProtobufSource
  private let storage: Storage

  var shape: Shape { Shape(sizes) }

  /// Throws `FileError` unless the shape agrees with the elements in the file.
  init(_ reader: ProtobufReader) throws(FileError) {
    var reader = reader
    var (name, sizes, code) = ("", [Int](), 0)
    var storages: [Int: Range<Int>] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: sizes += try reader.integers(field)
      case 2: code = try reader.integer(field)
      case 4, 5, 7, 9, 10: storages[field.number] = try reader.range(field)
      case 8: name = try reader.text(field)
      case 13: throw reader.failure("elements in the file", "external data", at: field.offset)
      case 14 where try reader.integer(field) == 1:
        throw reader.failure("elements in the file", "external data", at: field.offset)
      default: break
      }
    }
    if !name.isEmpty { reader.place = "constant \(name.debugDescription)" }
    guard let type = Self.types[code] else {
      throw reader.failure("a type of numbers", "type \(code)")
    }
    guard sizes.count <= 8, let bytes = type.byteCount(of: Shape(sizes)),
      Shape(sizes).allSatisfy({ $0 >= 0 })
    else { throw reader.failure("a shape of at most 8 axes", "\(sizes)") }
    let count = bytes / type.size
    // The number of the field that holds the elements if they are not raw.
    let number =
      switch type {
      case .float32: 4
      case .float64: 10
      case .int64: 7
      default: 5
      }
    if let raw = storages[9] ?? (number == 4 || number == 10 ? storages[number] : nil) {
      guard raw.count == bytes else {
        throw reader.failure("\(bytes) bytes for the shape \(sizes)", "\(raw.count)")
      }
      storage = .raw(raw)
    } else if let range = storages[number], ![.float16, .bfloat16].contains(type) {
      guard count <= range.count else {
        throw reader.failure("\(count) numbers for the shape \(sizes)", "\(range.count) bytes")
      }
      storage = .varints(range)
    } else {
      guard bytes == 0 else { throw reader.failure("\(bytes) bytes", "none") }
      storage = .none
    }
    (self.name, self.sizes, self.type) = (name, sizes, type)
    source = reader.source
  }

  private static let types: [Int: ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool,
    10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
  ]

  var count: Int { shape.elementCount }

  var isInteger: Bool { ![.float16, .bfloat16, .float32, .float64].contains(type) }

  private var place: String { "constant \(name.debugDescription)" }

  /// The elements as floats.
  func tensor() throws -> Tensor {
    guard case .raw(let range) = storage else {
      return Tensor(shape: shape, elements: try integers(limit: 1 << 22).map { Float($0) })
    }
    var tensor = Tensor.zeros(shape)
    // In pieces, so that the bytes are not in memory beside the tensor.
    let piece = 1 << 18
    try tensor.mutate { view in
      for first in stride(from: 0, to: count, by: piece) {
        let part = min(piece, count - first)
        let start = range.lowerBound + first * type.size
        let bytes = try source.reader.bytes(start..<start + part * type.size, place: place)
        do throws(UnrepresentableElement) {
          try decode(bytes, view[first..<first + part])
        } catch {
          throw source.failure(place, "numbers in the range of Float", error.value)
        }
      }
    }
    return tensor
  }

  private func decode(
    _ bytes: [UInt8], _ target: MemoryView<Float>
  ) throws(UnrepresentableElement) {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      Result { () throws(UnrepresentableElement) in
        try unsafe type.decode(bytes, isBigEndian: false, into: target.base)
      }
    }
    try result.get()
  }

  /// The elements of a constant of integers. Throws if there are more than a limit.
  func integers(limit: Int) throws(FileError) -> [Int] {
    guard count <= limit, isInteger else {
      throw source.failure(place, "at most \(limit) integers", "\(count) numbers of \(type)")
    }
    switch storage {
    case .none: return []
    case .varints(let range):
      var reader = ProtobufReader(source, range, place: place)
      var values: [Int] = []
      while !reader.isAtEnd { values.append(Int(Int64(bitPattern: try reader.varint()))) }
      guard values.count == count else {
        throw source.failure(place, "\(count) numbers", "\(values.count)")
      }
      return values
    case .raw(let range):
      let bytes = try source.bytes(range, place: place)
      let isSigned = [.int8, .int16, .int32, .int64].contains(type)
      return (0..<count).map { index in
        var bits: UInt64 = 0
        for byte in 0..<type.size {
          bits |= UInt64(bytes[index * type.size + byte]) << UInt64(8 * byte)
        }
        let unused = UInt64(64 - 8 * type.size)
        return isSigned
          ? Int(Int64(bitPattern: bits << unused) >> Int64(unused))
          : Int(Int64(bitPattern: bits))
      }
    }
  }
}
