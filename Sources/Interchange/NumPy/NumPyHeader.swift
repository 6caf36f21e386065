internal import PinionTensor

/// The header of a `.npy` file: a magic string, the version of the format, the header's length and
/// a Python dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
///
/// Source: NumPy's NEP 1, versions 1.0 to 3.0.
struct NumPyHeader {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Largest header in bytes; NumPy's own have less than 200 for arrays of numbers.
  private static let limit = 1 << 16

  /// Largest rank of an array, as in NumPy.
  private static let axisLimit = 64

  let elementType: ElementType
  let isBigEndian: Bool
  /// Whether elements are in column-major order: the first axis varies fastest.
  let isFortranOrder: Bool
  let shape: Shape

  /// Reads the header and checks it against the number of bytes after it.
  init(_ source: some ByteSource) throws(FileError) {
    let place = "header of the array"
    let start = try source.bytes(8, place: place)
    guard start[..<6].elementsEqual(Self.magic) else {
      throw FileError(
        file: source.file, place: "byte 0", expected: "\\x93NUMPY", found: "other bytes")
    }
    guard 1...3 ~= start[6], start[7] == 0 else {
      throw FileError(
        file: source.file, place: "byte 6", expected: "version 1.0, 2.0 or 3.0",
        found: "\(start[6]).\(start[7])")
    }
    let length = try source.bytes(start[6] == 1 ? 2 : 4, place: place).reversed()
      .reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.limit else {
      throw FileError(
        file: source.file, place: "byte 8", expected: "a header of at most \(Self.limit) bytes",
        found: "\(length)")
    }
    let offset = source.position
    var text = NumPyDictionary(
      ByteScanner(
        try source.bytes(length, place: place), offset: offset, file: source.file, place: "header"))
    try text.read()
    guard let description = text.description, let order = text.isFortranOrder,
      let sizes = text.sizes
    else {
      throw FileError(
        file: source.file, place: "header, byte \(offset)",
        expected: "descr, fortran_order and shape", found: "fewer fields")
    }
    guard let type = Self.types[description.suffix(2)], description.utf8.count <= 3,
      description.utf8.count == 2 || "<>|=".contains(description.first ?? " ")
    else {
      throw FileError(
        file: source.file, place: "header, descr",
        expected: "Booleans, integers or floats of up to 64 bits",
        found: description.prefix(100).debugDescription)
    }
    (elementType, isBigEndian, isFortranOrder) = (type, description.first == ">", order)
    shape = Shape(sizes)
    guard sizes.count <= Self.axisLimit, let count = type.byteCount(of: shape) else {
      throw FileError(
        file: source.file, place: "header, shape",
        expected: "at most \(Self.axisLimit) axes and 2^63 bytes", found: "\(shape)")
    }
    guard count == source.size - source.position else {
      throw FileError(
        file: source.file, place: "byte \(source.position)",
        expected: "\(count) bytes, the elements of \(shape)",
        found: "\(source.size - source.position)")
    }
  }

  private static let types: [Substring: ElementType] = [
    "b1": .bool, "?": .bool, "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32,
    "u4": .uint32, "i8": .int64, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// The header of version 1.0 of an array in row-major order; its length is a multiple of 64, for
  /// readers that map the file.
  static func bytes(description: String, shape: Shape) -> [UInt8] {
    var text = Array(
      "{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }".utf8)
    text += [UInt8](repeating: 0x20, count: 63 - (magic.count + 4 + text.count) % 64) + [0x0A]
    var bytes = LittleEndianBytes()
    bytes.bytes = magic + [1, 0]
    bytes.append(UInt16(text.count))
    return bytes.bytes + text
  }
}

/// The Python dictionary of a header.
private struct NumPyDictionary {
  private var scanner: ByteScanner
  private(set) var description: String?
  private(set) var isFortranOrder: Bool?
  private(set) var sizes: [Int]?

  init(_ scanner: ByteScanner) { self.scanner = scanner }

  mutating func read() throws(FileError) {
    try expect("{")
    while try !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where description == nil: description = try string()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try truth()
      case "shape" where sizes == nil: sizes = try tuple()
      default:
        throw scanner.failure("descr, fortran_order and shape, once each", key.debugDescription)
      }
      guard try accept(",") else {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard scanner.isAtEnd else { throw scanner.failure("spaces to the end", "other bytes") }
  }

  private mutating func skipSpaces() {
    while let next = scanner.next, next == 0x20 || next == 0x0A { scanner.advance() }
  }

  private mutating func accept(_ character: Unicode.Scalar) throws(FileError) -> Bool {
    skipSpaces()
    guard scanner.next == UInt8(ascii: character) else { return false }
    scanner.advance()
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(FileError) {
    guard try accept(character) else {
      throw scanner.failure("\"\(character)\"", scanner.isAtEnd ? "the end" : "other bytes")
    }
  }

  /// Python's names and strings here have no escapes.
  private mutating func string() throws(FileError) -> String {
    skipSpaces()
    guard let quote = scanner.next, quote == 0x27 || quote == 0x22 else {
      throw scanner.failure("a text in quotes", scanner.isAtEnd ? "the end" : "other bytes")
    }
    scanner.advance()
    var bytes: [UInt8] = []
    while let next = scanner.next, next != quote {
      bytes.append(next)
      scanner.advance()
    }
    guard !scanner.isAtEnd else { throw scanner.failure("a closing quote", "the end") }
    scanner.advance()
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func word(_ isPart: (UInt8) -> Bool) -> String {
    skipSpaces()
    var bytes: [UInt8] = []
    while let next = scanner.next, isPart(next) {
      bytes.append(next)
      scanner.advance()
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func truth() throws(FileError) -> Bool {
    let word = word { UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 }
    guard word == "True" || word == "False" else {
      throw scanner.failure("True or False", word.debugDescription)
    }
    return word == "True"
  }

  private mutating func tuple() throws(FileError) -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while try !accept(")") {
      let digits = word { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let size = Int(digits) else {
        throw scanner.failure("a size", digits.isEmpty ? "other bytes" : digits)
      }
      // Written by Python 2.
      _ = try accept("L")
      sizes.append(size)
      guard try accept(",") else {
        try expect(")")
        break
      }
    }
    return sizes
  }
}
