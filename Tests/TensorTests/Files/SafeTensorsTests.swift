import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct SafeTensorsTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// As `ramp` in the fixtures' script.
  private static func ramp(_ shape: Shape) -> [Float] {
    (0..<shape.elementCount).map { Float($0 * 37 % 101 - 50) / 8 }
  }

  /// Writes arrays; the memory behind the views lives until they are written.
  private func write(
    _ arrays: [(String, Shape, [Float])], metadata: [String: String] = [:], to url: URL
  ) throws {
    let buffers = arrays.map { array in
      let buffer = AlignedBuffer(count: array.2.count)
      for (index, element) in array.2.enumerated() { buffer.view[index] = element }
      return buffer
    }
    let entries = zip(arrays, buffers).map {
      SafeTensors.Entry(name: $0.0, shape: $0.1, elements: $1.view)
    }
    try withExtendedLifetime(buffers) {
      try SafeTensors.write(entries, metadata: metadata, to: url)
    }
  }

  /// Writes ramps of the given shapes.
  private func write(
    _ shapes: [(String, Shape)], metadata: [String: String] = [:], to url: URL
  ) throws {
    try write(shapes.map { ($0, $1, Self.ramp($1)) }, metadata: metadata, to: url)
  }

  @Test func roundTrip() throws {
    let shapes: [(String, Shape)] = [
      ("b", [2, 3]), ("a", []), ("\u{E9}", [4, 0, 2]), ("e\u{301}", [1]), ("", [5]),
      ("\\\"\t", [1]),
    ]
    let metadata = ["": "empty", "k\u{1}": "\u{10FFFF}\"", "version": "1"]
    try write(shapes, metadata: metadata, to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    #expect(file.metadata == metadata)
    #expect(file.entries.map { Array($0.name.utf8) } == shapes.map { Array($0.0.utf8) })
    #expect(file.entries.map(\.shape) == shapes.map(\.1))
    for (name, shape) in shapes {
      let expected = Self.ramp(shape)
      #expect(try file.elements(of: name) == expected)
      let copy = AlignedBuffer(count: shape.elementCount)
      try withExtendedLifetime(copy) {
        try file.copyElements(of: name, into: copy.view, shape: shape)
        #expect(copy.view.array == expected)
      }
    }
  }

  @Test func specialNumbersKeepTheirBits() throws {
    let bits: [UInt32] = [0x7FC0_1234, 0xFF80_0000, 0x8000_0000, 0x0000_0001, 0x7F7F_FFFF]
    try write([("x", [bits.count], bits.map(Float.init(bitPattern:)))], to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    #expect(try file.elements(of: "x").map(\.bitPattern) == bits)
  }

  @Test func aFileMayBeEmpty() throws {
    try write([(String, Shape)](), to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    #expect(file.entries.isEmpty && file.metadata.isEmpty)
    #expect(try Data(contentsOf: folder["a"]).count == 64)
  }

  /// The bytes are those that the fixtures' script lays out and has the official library read.
  @Test func writtenBytesAreThoseThatTheOfficialLibraryReads() throws {
    try write(
      [
        ("dense/kernel", [5, 3]), ("dense/bias", [3]), ("größe \"α\"\n", [2, 1, 2]), ("scalar", []),
        ("empty", [4, 0]),
      ],
      metadata: ["zeta": "ζ", "quote \" and \\": "line\nbreak", "format": "pinion"],
      to: folder["a"])
    let expected = try Data(
      contentsOf: Fixture.folder.appending(path: "safetensors_pinion.safetensors"))
    #expect(try Data(contentsOf: folder["a"]) == expected)
  }

  @Test func readsWhatTheOfficialLibraryWrites() throws {
    let file = try SafeTensorsFile(
      contentsOf: Fixture.folder.appending(path: "safetensors_official.safetensors"))
    #expect(file.metadata == ["quote \" and \\": "ζ\n"])
    let types: [String: SafeTensors.DataType] = [
      "conv2d/kernel": .float32, "conv2d/bias": .float32, "loss": .float32, "empty": .float32,
      "größe \"α\"": .float32, "step": .int64, "image": .uint8, "mask": .bool, "half": .float16,
      "double": .float64, "label": .int32,
    ]
    #expect(
      Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, $0.dataType) }) == types)
    #expect(file.entry(named: "conv2d/kernel")?.shape == [3, 3, 2, 4])
    #expect(file.entry(named: "mask")?.shape == [2, 2])
    for entry in file.entries where entry.dataType == .float32 {
      #expect(try file.elements(of: entry.name) == Self.ramp(entry.shape))
    }
    #expect(try file.elements(of: "step") == [1, -2, 3])
    #expect(try file.elements(of: "image") == [0, 1, 2, 3, 4, 5, 6])
    #expect(try file.elements(of: "mask") == [1, 0, 0, 1])
    #expect(try file.elements(of: "label") == [7, 8])
  }

  @Test func readingNamesWhatDoesNotFit() throws {
    try write([("a", [2, 3])], to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    let six = AlignedBuffer(count: 6)
    let five = AlignedBuffer(count: 5)
    let missing = #expect(throws: FileError.self) { try file.elements(of: "b") }
    #expect(missing?.place == "tensor \"b\"")
    let short = #expect(throws: FileError.self) {
      try withExtendedLifetime(five) { try file.copyElements(of: "a", into: five.view) }
    }
    #expect(short?.expected == "5 elements" && short?.found == "(2, 3)")
    let turned = #expect(throws: FileError.self) {
      try withExtendedLifetime(six) {
        try file.copyElements(of: "a", into: six.view, shape: [3, 2])
      }
    }
    #expect(turned?.expected == "(3, 2)" && turned?.found == "(2, 3)")
    try withExtendedLifetime(six) { try file.copyElements(of: "a", into: six.view) }
  }

  @Test func writingNamesWhatDoesNotFit() throws {
    let buffer = AlignedBuffer(count: 6)
    func entry(_ name: String, _ shape: Shape) -> SafeTensors.Entry {
      .init(name: name, shape: shape, elements: buffer.view)
    }
    let cases: [([SafeTensors.Entry], String)] = [
      ([entry("a", [6]), entry("a", [6])], "tensor \"a\""),
      ([entry("__metadata__", [6])], "tensor \"__metadata__\""),
      ([entry("a", [7])], "tensor \"a\""),
      ([entry("a", [-2, -3])], "tensor \"a\""),
      ([entry("a", [1 << 62, 1 << 62])], "tensor \"a\""),
    ]
    for (entries, place) in cases {
      let error = #expect(throws: FileError.self) {
        try withExtendedLifetime(buffer) { try SafeTensors.write(entries, to: folder["a"]) }
      }
      #expect(error?.place == place)
    }
    #expect(try folder.names == [])
  }

  @Test func anOpenFileSurvivesItsReplacement() throws {
    try write([("a", [3])], to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    try write([("other", [1])], to: folder["a"])
    #expect(try file.elements(of: "a") == Self.ramp([3]))
  }

  @Test func aFileCutAfterOpeningIsAnError() throws {
    try write([("a", [300])], to: folder["a"])
    let file = try SafeTensorsFile(contentsOf: folder["a"])
    let handle = try FileHandle(forWritingTo: folder["a"])
    try handle.truncate(atOffset: 400)
    try handle.close()
    #expect(throws: FileError.self) { try file.elements(of: "a") }
  }
}
