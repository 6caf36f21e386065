/// The parsed header of a safetensors file; ``SafeTensors`` shows one.
///
/// Each array is checked by itself: a known type, and offsets that span as many bytes as type and
/// shape need. Then all arrays together: sorted by offsets, each begins where the one before it
/// ends, and the last ends with the file.
struct SafeTensorsHeader {
  private let file: String

  private(set) var metadata: [String: String] = [:]

  /// In the order of their elements in the file.
  private(set) var entries: [SafeTensorsFile.Entry] = []

  /// Parses a header and checks it against the number of bytes after it.
  init(_ bytes: consuming [UInt8], dataCount: Int, file: String) throws(FileError) {
    self.file = file
    var scanner = JSONScanner(bytes, file: file, place: "header")
    guard scanner.next == UInt8(ascii: "{") else { throw scanner.failure("\"{\" at once") }
    try scanner.object { (scanner, name) throws(FileError) in
      if name == SafeTensors.metadataKey {
        try readMetadata(&scanner)
      } else {
        try entries.append(readEntry(&scanner, name: name))
      }
      scanner.place = "header"
    }
    while scanner.next == UInt8(ascii: " ") { scanner.advance() }
    if scanner.next != nil { throw scanner.failure("nothing but spaces after the object") }
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try checkCoverage(dataCount)
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(FileError) {
    scanner.place = SafeTensors.metadataKey
    try scanner.object { (scanner, name) throws(FileError) in
      let text = try scanner.string("a string after \(name.debugDescription)")
      guard metadata.updateValue(text, forKey: name) == nil else {
        throw scanner.failure("names that look different, not a second \(name.debugDescription)")
      }
    }
  }

  private func readEntry(
    _ scanner: inout JSONScanner, name: String
  ) throws(FileError) -> SafeTensorsFile.Entry {
    let place = "tensor \(name.debugDescription)"
    scanner.place = place
    var dataType: SafeTensors.DataType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(FileError) in
      scanner.place = "\(place): \(key)"
      switch key {
      case "dtype": dataType = try readDataType(&scanner)
      case "shape": shape = try readSizes(&scanner)
      case "data_offsets": offsets = try readSizes(&scanner)
      default: try scanner.skipValue()
      }
      scanner.place = place
    }
    guard let dataType, let shape = shape.map(Shape.init), let offsets else {
      throw FileError(
        file: file, place: place, expected: "dtype, shape and data_offsets",
        found: dataType == nil ? "no dtype" : shape == nil ? "no shape" : "no data_offsets")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw FileError(
        file: file, place: "\(place): data_offsets", expected: "[begin, end] with begin ≤ end",
        found: "\(offsets.prefix(4))")
    }
    guard let count = dataType.byteCount(of: shape) else {
      throw FileError(
        file: file, place: "\(place): shape",
        expected: "whole bytes, fewer than 2^60, of \(dataType.rawValue)", found: "\(shape)")
    }
    guard offsets[1] - offsets[0] == count else {
      throw FileError(
        file: file, place: "\(place): data_offsets",
        expected: "\(count) bytes for \(shape) of \(dataType.rawValue)",
        found: "\(offsets[1] - offsets[0])")
    }
    return .init(name: name, dataType: dataType, shape: shape, range: offsets[0]..<offsets[1])
  }

  private func readDataType(_ scanner: inout JSONScanner) throws(FileError) -> SafeTensors.DataType
  {
    scanner.skipWhitespace()
    let start = scanner.position
    let name = try scanner.string("a dtype in quotes")
    guard let dataType = SafeTensors.DataType(rawValue: name) else {
      let known = SafeTensors.DataType.allCases.map(\.rawValue).joined(separator: ", ")
      throw scanner.failure("one of \(known)", at: start)
    }
    return dataType
  }

  private func readSizes(_ scanner: inout JSONScanner) throws(FileError) -> [Int] {
    var sizes: [Int] = []
    try scanner.array { (scanner) throws(FileError) in
      guard sizes.count < SafeTensors.axisLimit else {
        throw scanner.failure("at most \(SafeTensors.axisLimit) numbers")
      }
      try sizes.append(scanner.size())
    }
    return sizes
  }

  /// Throws unless the arrays are contiguous and fill the file.
  private func checkCoverage(_ dataCount: Int) throws(FileError) {
    var end = 0
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw FileError(
          file: file, place: "tensor \(entry.name.debugDescription): data_offsets",
          expected: "a begin of \(end), where the array before it ends",
          found: "\(entry.range.lowerBound)")
      }
      end = entry.range.upperBound
    }
    guard end == dataCount else {
      throw FileError(
        file: file, place: "data", expected: "\(end) bytes, as the header says",
        found: "\(dataCount)")
    }
  }
}
