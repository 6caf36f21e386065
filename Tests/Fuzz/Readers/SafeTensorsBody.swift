import Foundation
import PinionTensor

/// Files with a header in JSON and elements.
enum SafeTensorsSeeds {
  /// A file of a header and as many zeros as it says.
  static func file(_ header: String, count: Int = 0) -> [UInt8] {
    let header = Array(header.utf8)
    return Endian.little(header.count, 8) + header + [UInt8](repeating: 0, count: count)
  }

  private static func array(_ type: String, _ shape: String, bytes: Int) -> [UInt8] {
    file(
      #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(bytes)]}}"#, count: bytes)
  }

  static let valid: [[UInt8]] = {
    let sizes = ["BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2]
    let wide = ["I32": 4, "U32": 4, "F64": 8, "I64": 8, "U64": 8]
    return sizes.merging(wide) { $1 }.sorted { $0.key < $1.key }
      .map { array($0.key, "[2,1]", bytes: 2 * $0.value) } + [
        array("F32", "[0]", bytes: 0), array("F32", "[]", bytes: 4),
        file(#"{"__metadata__":{"\u0061\ud83d\ude00\n\"\\\/\b\f\r\t":"b"}}  "#),
        file(
          #"{"a":{"extra":[1,-2.5e+3,true,null,{"b":"\u0062"},[],{}],"dtype":"U8","shape":[1],"#
            + #""data_offsets":[0,1]}}"#, count: 1),
      ]
  }()

  static let refusals: [[UInt8]] = {
    let axes = (0..<65).map { _ in "1" }.joined(separator: ",")
    let deep = String(repeating: "[", count: 40)
    let long = String(repeating: "n", count: 1 << 16 + 1)
    let wide = file(#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#)
    return [
      array("F32", "[\(axes)]", bytes: 4), array("F4", "[2]", bytes: 1),
      array("F8_E4M3", "[2]", bytes: 2), array("C64", "[1]", bytes: 8),
      file(#"{"__metadata__":{"é":"a","e\u0301":"b"}}"#), file(#"{"\#(long)":1}"#),
      file(#"{"__metadata__":{},"__metadata__":{}}"#), file("{\"a\u{7F}\":1}"),
      file(#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}"#, count: 4),
      file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, count: 4),
      Endian.little(3, 8) + [0x7B, 0x22, 0xFF],
      Endian.little(6, 8) + [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7D],
      file(#"{"a":{"extra":\#(deep)"#), file(#"{"a\ud83d\n":1}"#),
      file(#"{"a\ud83d\u0041":1}"#), file(#"{"a\udc00":1}"#), file(#"{"a\u00g0":1}"#),
      file(#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}"#),
      file(#"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#),
      file(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#), file(#"{"a":{"dtype":"F32"}}"#),
      file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#), file(" {}"), file("{} x"),
      file("{}", count: 1), file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#),
      // A number of double precision that is no float.
      wide + withUnsafeBytes(of: 1e300) { Array($0) }, [1, 2], Endian.little(.max, 8),
    ]
  }()
}

enum SafeTensorsBody {
  @Sendable static func read(_ url: URL) throws {
    let file = try SafeTensorsFile(contentsOf: url)
    var buffers: [AlignedBuffer] = []
    for entry in file.entries {
      let elements = try file.elements(of: entry.name)
      let buffer = AlignedBuffer(count: elements.count)
      try file.copyElements(of: entry.name, into: buffer.view, shape: entry.shape)
      try Expect.same(buffer.view.array, elements, "the copy of an array")
      try Expect.refusal(of: "another shape", url) {
        let shape = Shape([2] + entry.shape.dimensions)
        try file.copyElements(of: entry.name, into: buffer.view, shape: shape)
      }
      buffers.append(buffer)
    }
    try Expect.refusal(of: "an absent array", url) {
      _ = try file.elements(of: "\(file.entries.count) arrays")
    }
    try rewrite(file, buffers, to: url.deletingLastPathComponent().appending(path: "again"))
  }

  /// A header of more members than JSON may have, and an array of more elements than memory has.
  @Sendable static func readExcessive(_ url: URL) throws {
    let members = String(repeating: #""":0,"#, count: 250_001)
    try Data(SafeTensorsSeeds.file(#"{"a":{"extra":{\#(members)"#)).write(to: url)
    try Expect.refusal(of: "a header of many members", url) {
      _ = try SafeTensorsFile(contentsOf: url)
    }
    // A sparse file with more elements than there are addresses, where the file system allows it.
    let bytes = 1 << 52
    let header = SafeTensorsSeeds.file(
      #"{"a":{"dtype":"F32","shape":[\#(bytes / 4)],"data_offsets":[0,\#(bytes)]}}"#)
    try Data(header).write(to: url)
    guard truncate(url.path, header.count + bytes) == 0 else { return }
    let file = try SafeTensorsFile(contentsOf: url)
    try Expect.refusal(of: "an array larger than memory", url) { _ = try file.elements(of: "a") }
  }

  /// Writes all arrays in single precision, and reads them again.
  private static func rewrite(
    _ file: SafeTensorsFile, _ buffers: [AlignedBuffer], to url: URL
  ) throws {
    let entries = zip(file.entries, buffers).map { entry, buffer in
      SafeTensors.Entry(name: entry.name, shape: entry.shape, elements: buffer.view)
    }
    try SafeTensors.write(entries, metadata: file.metadata, to: url)
    let again = try SafeTensorsFile(contentsOf: url)
    try Expect.that(again.metadata == file.metadata, "the saved metadata differ")
    for (entry, buffer) in zip(file.entries, buffers) {
      try Expect.that(again.entry(named: entry.name)?.shape == entry.shape, "another saved shape")
      try Expect.same(again.elements(of: entry.name), buffer.view.array, "the saved array")
    }
  }
}
