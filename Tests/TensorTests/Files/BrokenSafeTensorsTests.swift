import Foundation
import Glibc
import PinionTensor
import Testing

/// One broken file for each rule of the format, and what the error names.
@Suite struct BrokenSafeTensorsTests {
  struct Broken: Sendable, CustomTestStringConvertible {
    let header: String
    var dataCount = 8
    let place: String
    /// A part of the error's `expected` or `found`.
    let says: String

    var testDescription: String { header }
  }

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func open(_ bytes: some Sequence<UInt8>) throws -> SafeTensorsFile {
    try Data(bytes).write(to: folder["a"])
    return try SafeTensorsFile(contentsOf: folder["a"])
  }

  private func open(header: some Sequence<UInt8>, dataCount: Int) throws -> SafeTensorsFile {
    let header = Array(header)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init)
    return try open(length + header + [UInt8](repeating: 0, count: dataCount))
  }

  /// An array of two floats, parts of which may be replaced.
  private static func tensor(
    _ name: String = "\"a\"", dtype: String = "\"F32\"", shape: String = "[2]",
    offsets: String = "[0,8]"
  ) -> String {
    "\(name):{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  private static let entry = "tensor \"a\""

  static let broken: [Broken] = [
    // The object and what surrounds it.
    .init(header: "", place: "header", says: "the end"),
    .init(header: " {\(tensor())}", place: "header", says: "at once"),
    .init(header: "[]", place: "header", says: "at once"),
    .init(header: "{\(tensor())", place: "header", says: "the end"),
    .init(header: "{\(tensor()),}", place: "header", says: "a name in quotes"),
    .init(header: "{\(tensor())} x", place: "header", says: "nothing but spaces"),
    .init(header: "{\(tensor())}\n", place: "header", says: "nothing but spaces"),
    .init(header: "{\(tensor())}\0", place: "header", says: "nothing but spaces"),
    .init(header: "{\(tensor())}{}", place: "header", says: "nothing but spaces"),
    .init(header: "{a:1}", place: "header", says: "a name in quotes"),
    .init(header: "{\"a\" 1}", place: "header", says: "\":\""),
    .init(header: "{\"a\":1}", place: entry, says: "an object"),
    .init(header: "{\"a\":null}", place: entry, says: "an object"),
    // Strings.
    .init(header: "{\"a\n\":{}}", place: "header", says: "control characters"),
    .init(header: "{\"a\\x\":{}}", place: "header", says: "an escape"),
    .init(header: "{\"\\u12G4\":{}}", place: "header", says: "hexadecimal"),
    .init(header: "{\"\\ud800\":{}}", place: "header", says: "an escape"),
    .init(header: "{\"\\ud800\\u0041\":{}}", place: "header", says: "an escape"),
    .init(header: "{\"\\udc00\":{}}", place: "header", says: "an escape"),
    .init(header: "{\"a", place: "header", says: "a closing quote"),
    .init(header: "{\"a\\", place: "header", says: "an escape"),
    .init(header: "{\"a\\u00", place: "header", says: "hexadecimal"),
    // Names.
    .init(header: "{\(tensor()),\(tensor())}", place: "header", says: "a second \"a\""),
    .init(
      header: "{\(tensor()),\(tensor("\"\\u0061\""))}", place: "header", says: "a second \"a\""),
    .init(
      header: "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      place: entry, says: "a second \"dtype\""),
    // Texts.
    .init(header: "{\"__metadata__\":null}", place: "__metadata__", says: "an object"),
    .init(header: "{\"__metadata__\":[]}", place: "__metadata__", says: "an object"),
    .init(header: "{\"__metadata__\":{\"k\":1}}", place: "__metadata__", says: "a string"),
    .init(header: "{\"__metadata__\":{\"k\":{}}}", place: "__metadata__", says: "a string"),
    .init(
      header: "{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", place: "__metadata__",
      says: "a second \"k\""),
    .init(
      header: "{\"__metadata__\":{\"\u{E9}\":\"\",\"e\u{301}\":\"\"}}", place: "__metadata__",
      says: "look different"),
    .init(header: "{\"__metadata__\":{},\"__metadata__\":{}}", place: "header", says: "a second"),
    // Types.
    .init(header: "{\(tensor(dtype: "\"F31\""))}", place: "\(entry): dtype", says: "F32, C64"),
    .init(header: "{\(tensor(dtype: "\"f32\""))}", place: "\(entry): dtype", says: "\"f32"),
    .init(header: "{\(tensor(dtype: "32"))}", place: "\(entry): dtype", says: "in quotes"),
    // Shapes.
    .init(header: "{\(tensor(shape: "2"))}", place: "\(entry): shape", says: "an array"),
    .init(header: "{\(tensor(shape: "[-2]"))}", place: "\(entry): shape", says: "not negative"),
    .init(header: "{\(tensor(shape: "[2.0]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[2e0]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[02]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[\"2\"]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[true]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[2,]"))}", place: "\(entry): shape", says: "an integer"),
    .init(header: "{\(tensor(shape: "[2 2]"))}", place: "\(entry): shape", says: "\"]\""),
    .init(
      header: "{\(tensor(shape: "[9223372036854775808]"))}", place: "\(entry): shape",
      says: "below 2^63"),
    .init(
      header: "{\(tensor(shape: "[4294967296,4294967296]"))}", place: "\(entry): shape",
      says: "fewer than"),
    .init(
      header: "{\(tensor(shape: "[4611686018427387904,4611686018427387904,0]", offsets: "[0,0]"))}",
      dataCount: 0, place: "\(entry): shape", says: "fewer than"),
    .init(
      header: "{\(tensor(shape: "[0,4611686018427387904,4611686018427387904]", offsets: "[0,0]"))}",
      dataCount: 0, place: "\(entry): shape", says: "fewer than"),
    .init(
      header: "{\(tensor(dtype: "\"F4\"", shape: "[3]", offsets: "[0,2]"))}", dataCount: 2,
      place: "\(entry): shape", says: "whole bytes"),
    // Offsets.
    .init(header: "{\(tensor(offsets: "[8]"))}", place: "\(entry): data_offsets", says: "begin ≤"),
    .init(
      header: "{\(tensor(offsets: "[0,8,8]"))}", place: "\(entry): data_offsets", says: "begin ≤"),
    .init(header: "{\(tensor(offsets: "[8,0]"))}", place: "\(entry): data_offsets", says: "[8, 0]"),
    .init(
      header: "{\(tensor(offsets: "[-8,0]"))}", place: "\(entry): data_offsets",
      says: "not negative"),
    .init(
      header: "{\(tensor(offsets: "[0,4]"))}", dataCount: 4, place: "\(entry): data_offsets",
      says: "8 bytes for (2,) of F32"),
    .init(
      header: "{\(tensor(dtype: "\"C64\""))}", place: "\(entry): data_offsets",
      says: "16 bytes for (2,) of C64"),
    .init(header: "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", place: entry, says: "no dtype"),
    .init(
      header: "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", place: entry, says: "no shape"),
    .init(
      header: "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", place: entry, says: "no data_offsets"),
    // Holes, overlaps, ends.
    .init(
      header: "{\(tensor(offsets: "[4,12]"))}", dataCount: 12, place: "\(entry): data_offsets",
      says: "a begin of 0"),
    .init(
      header: "{\(tensor("\"b\"")),\(tensor(offsets: "[12,20]"))}", dataCount: 20,
      place: "\(entry): data_offsets", says: "a begin of 8"),
    .init(
      header: "{\(tensor("\"b\"")),\(tensor(offsets: "[4,12]"))}", dataCount: 12,
      place: "\(entry): data_offsets", says: "a begin of 8"),
    .init(header: "{\(tensor())}", dataCount: 7, place: "data", says: "8 bytes"),
    .init(header: "{\(tensor())}", dataCount: 9, place: "data", says: "9"),
    .init(header: "{}", dataCount: 1, place: "data", says: "0 bytes"),
    // Members that the format does not know.
    .init(header: "{\"a\":{\"x\":nul}}", place: "\(entry): x", says: "a value"),
    .init(header: "{\"a\":{\"x\":1.}}", place: "\(entry): x", says: "a value"),
    .init(header: "{\"a\":{\"x\":-}}", place: "\(entry): x", says: "a value"),
    .init(header: "{\"a\":{\"x\":1e+}}", place: "\(entry): x", says: "a value"),
    .init(header: "{\"a\":{\"x\":[1,]}}", place: "\(entry): x", says: "a value"),
    .init(
      header: "{\"a\":{\"x\":" + String(repeating: "[", count: 100_000), place: "\(entry): x",
      says: "nesting"),
  ]

  @Test(arguments: broken) func namesTheRule(_ broken: Broken) throws {
    let error = #expect(throws: FileError.self) {
      try open(header: broken.header.utf8, dataCount: broken.dataCount)
    }
    #expect(error?.file == folder["a"].path)
    #expect(error?.place == broken.place)
    #expect(error.map { "\($0)".contains(broken.says) } == true, "\(String(describing: error))")
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    let second = Self.tensor("\"b\\ud83d\\ude00\\/\"", shape: "[ ]", offsets: "[8,12]")
    let unknown = "\"x\":{\"y\":[true,false,null,-0.5e+3,0,\"s\",{}]}"
    let file = try open(
      header: """
        { \(second) ,
          \(Self.tensor(shape: "[2 , 1]").dropLast()),\(unknown)}, "__metadata__" : { } }  \u{20}
        """.utf8, dataCount: 12)
    #expect(file.entries.map(\.name) == ["a", "b😀/"])
    #expect(file.entries.map(\.shape) == [[2, 1], []])
    #expect(try file.elements(of: "a") == [0, 0])
  }

  /// Eight elements of every type that the format knows.
  @Test func knowsTheSizeOfEveryType() throws {
    let bits = [
      "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
      "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16,
      "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
    ]
    #expect(Set(SafeTensors.DataType.allCases.map(\.rawValue)) == Set(bits.keys))
    for (name, bits) in bits {
      let tensor = Self.tensor(dtype: "\"\(name)\"", shape: "[8]", offsets: "[0,\(bits)]")
      let file = try open(header: "{\(tensor)}".utf8, dataCount: bits)
      #expect(file.entries.map(\.dataType.rawValue) == [name])
    }
  }

  @Test func namesBytesThatAreNotUTF8() throws {
    let header = Array("{\"".utf8) + [0xFF] + Array("\":{}}".utf8)
    let error = #expect(throws: FileError.self) { try open(header: header, dataCount: 0) }
    #expect(error?.expected == "UTF-8")
  }

  @Test(arguments: [0, 7]) func namesAFileShorterThanALength(count: Int) throws {
    let error = #expect(throws: FileError.self) { try open([UInt8](repeating: 0, count: count)) }
    #expect(error?.place == "header length" && error?.expected == "8 bytes")
  }

  @Test(arguments: [3, 100_000_001, 1 << 40, UInt64.max]) func doesNotBelieveALength(
    length: UInt64
  ) throws {
    let error = #expect(throws: FileError.self) {
      try open(withUnsafeBytes(of: length.littleEndian, Array.init) + Array("{}".utf8))
    }
    #expect(error?.place == "header length" && error?.found == "\(length)")
  }

  @Test func refusesALongHeaderEvenIfItIsThere() throws {
    let url = folder["long"]
    try Data(withUnsafeBytes(of: UInt64(100_000_001).littleEndian, Array.init)).write(to: url)
    let handle = try FileHandle(forWritingTo: url)
    // A sparse file, which occupies no disk space.
    try handle.truncate(atOffset: 200_000_000)
    try handle.close()
    let error = #expect(throws: FileError.self) { try SafeTensorsFile(contentsOf: url) }
    #expect(error?.expected.hasPrefix("at most 100000000 ") == true)
  }

  /// A sparse file in memory, whose file system has no limit of its own.
  @Test func refusesAnArrayLargerThanMemory() throws {
    guard access("/dev/shm", W_OK) == 0 else { return }
    let url = URL(filePath: "/dev/shm/pinion-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    let bytes = 1 << 52
    let header = Array("{\(Self.tensor(shape: "[\(bytes / 4)]", offsets: "[0,\(bytes)]"))}".utf8)
    let start = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
    try Data(start).write(to: url)
    guard truncate(url.path, start.count + bytes) == 0 else { return }
    let file = try SafeTensorsFile(contentsOf: url)
    let error = #expect(throws: FileError.self) { try file.elements(of: "a") }
    #expect(error?.expected == "elements that fit into memory")
  }

  @Test func namesWhatCannotBeOpened() throws {
    let missing = #expect(throws: FileError.self) {
      try SafeTensorsFile(contentsOf: folder["missing"])
    }
    #expect(missing?.found == "No such file or directory")
    let directory = #expect(throws: FileError.self) { try SafeTensorsFile(contentsOf: folder.url) }
    #expect(directory?.found == "a directory")
    #expect(mkfifo(folder["pipe"].path, 0o600) == 0)
    let pipe = #expect(throws: FileError.self) { try SafeTensorsFile(contentsOf: folder["pipe"]) }
    #expect(pipe?.found == "a special file")
  }
}
