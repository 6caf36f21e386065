import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionTraining

/// Hostile files of each format that `import Pinion` reads: reading takes at most twice the file's
/// size plus 64 MiB, and one second per megabyte, and returns a result or an error.
@Suite(.timeLimit(.minutes(10))) final class HostileFilesTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
    let url = folder.appending(path: name)
    try Data(bytes).write(to: url)
    return url
  }

  /// A sparse file of zeros.
  private func sparse(_ name: String, start: [UInt8], size: Int) throws -> URL {
    let url = try write(name, start)
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: UInt64(size))
    try handle.close()
    return url
  }

  // MARK: IDX and gzip

  private func idx(_ sizes: UInt32...) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
  }

  @Test func arrays() throws {
    try Probe.expectBounded("idx", write("promise", idx(.max, .max, .max)))
    try Probe.expectBounded("idx", write("2GiB", idx(1 << 11, 1 << 10, 1 << 10)))
    // A gzip file that declares the largest possible size, and one that has it.
    let zeros = [UInt8](repeating: 0, count: 300_000_000)
    let full = try write("bomb.gz", gzip(idx(300, 1_000, 1_000) + zeros, level: 9))
    let bomb = try Probe.expectBounded("idx", full)
    #expect(bomb?.isRead == false)
    let empty = try write(
      "empty.gz", gzip(idx(60, 1_000, 1_000), level: 9) + [UInt8](repeating: 0, count: 90_000))
    try Probe.expectBounded("idx", empty)
    let headers = try write("members.gz", Array(repeating: gzip([]), count: 50_000).joined())
    try Probe.expectBounded("idx", headers)
    let large = try sparse("large", start: idx(100, 1_000, 1_000), size: 100_000_016)
    #expect(try Probe.expectBounded("idx", large)?.isRead == true)
  }

  /// Images of one pixel, so that their labels are half of all.
  @Test func labels() throws {
    let count = 30_000_000
    let header = idx(UInt32(count))
    _ = try sparse("images", start: idx(UInt32(count), 1, 1), size: 16 + count)
    let labels = try sparse("labels", start: header, size: 8 + count)
    #expect(try Probe.expectBounded("labels", labels, size: 2 * count)?.isRead == true)
    _ = try sparse("labels", start: header + [10], size: 8 + count)
    #expect(try Probe.expectBounded("labels", labels, size: 2 * count)?.isRead == false)
  }

  @Test func recordsOfImages() throws {
    let names = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
    for name in names { _ = try write(name, [1]) }
    #expect(try Probe.expectBounded("cifar10", folder, size: 6)?.isRead == false)
    let first = try sparse("data_batch_1.bin", start: [], size: 30_730_000)
    #expect(try Probe.expectBounded("cifar10", folder, size: 30_730_005)?.isRead == false)
    try FileManager.default.removeItem(at: first)
  }

  // MARK: safetensors

  private func safetensors(_ header: String, data: Int = 0, padding: Int = 0) -> [UInt8] {
    let text = Array(header.utf8) + [UInt8](repeating: 0x20, count: padding)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
      + [UInt8](repeating: 0, count: data)
  }

  @Test func headersOfTensors() throws {
    func list(_ count: Int, _ member: (Int) -> String) -> String {
      "{" + (0..<count).map(member).joined(separator: ",") + "}"
    }
    let empty = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    let headers = [
      "tensors": list(300_000) { #""\#($0)":\#(empty)"# },
      "as many as go": list(60_000) { #""\#($0)":\#(empty)"# },
      "texts": #"{"__metadata__":"# + list(900_000) { #""\#($0)":"""# } + "}",
      "as many texts as go": #"{"__metadata__":"# + list(249_000) { #""\#($0)":"""# } + "}",
      "one text": #"{"__metadata__":{"a":"\#(String(repeating: "\\u0061", count: 5_000_000))"}}"#,
      "one name": #"{"\#(String(repeating: "a", count: 30_000_000))":\#(empty)}"#,
      "axes":
        #"{"a":{"dtype":"F32","shape":[0\#(String(repeating: ",1", count: 5_000_000))],"data_offsets":[0,0]}}"#,
      "numbers":
        #"{"a":{"dtype":"F32","x":[0\#(String(repeating: ",1", count: 5_000_000))],"shape":[0],"data_offsets":[0,0]}}"#,
      "nested": #"{"a":{"x":\#(String(repeating: "[", count: 5_000_000))"#,
      "unknown": #"{"a":{"x":\#(list(400_000) { #""\#($0)":{"y":{"z":0}}"# })}}"#,
    ]
    for (name, header) in headers {
      try Probe.expectBounded("safetensors", write(name, safetensors(header)))
    }
    let huge = #"{"a":{"dtype":"F16","shape":[20000000],"data_offsets":[0,40000000]}}"#
    let file = try sparse("half", start: safetensors(huge), size: 8 + huge.utf8.count + 40_000_000)
    #expect(try Probe.expectBounded("safetensors", file)?.isRead == true)
  }

  // MARK: Models

  private func graph(input: String = "[1]", _ layers: [String]) -> String {
    #"{"format":1,"name":"m","inputShape":\#(input),"layers":[\#(layers.joined(separator: ","))]}"#
  }

  private func layer(
    _ index: Int, _ type: String = "Flatten", _ configuration: String = "{}", inputs: String? = nil
  ) -> String {
    #"{"name":"\#(index)","inputs":\#(inputs ?? "[\(index)]"),"layer":{"type":"\#(type)","configuration":\#(configuration)}}"#
  }

  private func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  @Test func configurations() throws {
    let normalization = #"{"axis":-1,"momentum":0.9,"epsilon":0.1,"center":true,"scale":true}"#
    let pooling =
      #"{"pool":{"height":1,"width":1},"stride":{"height":1,"width":1},"padding":"same"}"#
    let leaky = #"{"function":{"type":"LeakyReLU","configuration":{"negativeSlope":0.5}}}"#
    var nested = #"{"type":"Linear","configuration":{}}"#
    for _ in 0..<250 { nested = #"{"type":"Activation","configuration":{"function":\#(nested)}}"# }
    let count = 6_000
    let texts = [
      "chain": graph((0..<count).map { layer($0) }),
      "activations": graph((0..<count).map { layer($0, "Activation", leaky) }),
      "pools": graph(input: "[1,1,1]", (0..<count).map { layer($0, "MaxPooling2D", pooling) }),
      "sums": graph(
        (0..<count).map { layer($0, "Add", inputs: $0 == 0 ? "[0,0]" : "[\($0),\($0 - 1)]") }),
      "large input": graph(input: "[300000000]", [layer(0)]),
      "larger input": graph(input: "[2147483647,500,1]", [layer(0)]),
      "largest input": graph(input: "[2147483647,500,1]", [layer(0, "MaxPooling2D", pooling)]),
      "nested": graph([layer(0, "Activation", #"{"function":\#(nested)}"#)]),
      "inputs": graph([
        layer(0, "Add", inputs: "[0" + String(repeating: ",0", count: 400_000) + "]")
      ]),
      "numbers": graph(input: "[1" + String(repeating: ",1", count: 900_000) + "]", [layer(0)]),
      "too many numbers": graph(
        input: "[1" + String(repeating: ",1", count: 9_000_000) + "]", [layer(0)]),
      "unknown members": #"{"x":{"#
        + (0..<240_000).map { #""\#($0)":0"# }.joined(separator: ",") + "}}",
      "name": graph([layer(0)]).replacing(
        "\"m\"", with: "\"\(String(repeating: "ä", count: 4_000_000))\""),
      "brackets": String(repeating: "[", count: 20_000_000),
      "normalizations": graph((0..<count).map { layer($0, "BatchNormalization", normalization) }),
    ]
    let readable: Set = [
      "chain", "activations", "pools", "sums", "large input", "largest input", "numbers", "inputs",
      "name",
    ]
    for (name, text) in texts {
      let probe = try Probe.expectBounded("configuration", write(name, text.utf8))
      if name != "normalizations" {
        #expect(probe?.isRead == readable.contains(name), "\(name): \(probe?.message ?? "")")
      }
      let header = #"{"__metadata__":{"pinion.graph":"\#(quoted(text))"}}"#
      for kind in ["model", "predictor"] {
        let probe = try Probe.expectBounded(kind, write("\(name) \(kind)", safetensors(header)))
        #expect(
          probe?.isRead == readable.contains(name), "\(kind) \(name): \(probe?.message ?? "")")
      }
    }
  }

  @Test func wholeModels() throws {
    // At most 1.5 times the weights' size, besides the optimizer's memory, which is not used yet.
    let model = try Model(Sequential(input: [2_000]) { Dense(10_000) }, threads: 1)
    let file = folder.appending(path: "large")
    try model.saveWeights(to: file)
    #expect(try Probe.expectBounded("model", file)?.isRead == true)
    // A predictor has the weights alone, read in place.
    let predictor = try #require(try Probe("predictor", file))
    let size = 4 * model.weights.trainable.count
    #expect(predictor.isRead && predictor.bytes <= size * 3 / 2, "\(predictor.bytes) of \(size)")
    // What Winograd's algorithm makes of kernels is up to four times as large as they are.
    let deep = try Model(
      Sequential(input: [16, 16, 700]) {
        for _ in 0..<2 { Conv2D(700, kernel: 3, padding: .same) }
      },
      threads: 1)
    try deep.saveWeights(to: file)
    #expect(try Probe.expectBounded("predictor", file)?.isRead == true)
    let many = try Model(
      Sequential(input: [2]) { for _ in 0..<2_000 { BatchNormalization() } }, threads: 1)
    try many.saveWeights(to: file)
    for kind in ["model", "predictor"] {
      #expect(try Probe.expectBounded(kind, file)?.isRead == true)
    }
  }

  // MARK: Files of runs

  @Test func checkpoints() throws {
    let file = folder.appending(path: "checkpoint")
    #expect(try Probe.expectBounded("checkpoint", file, size: 0)?.isRead == true)
    #expect(try Probe.expectBounded("checkpoint", file)?.isRead == true)
    let source = try SafeTensorsFile(contentsOf: file)
    let state = try #require(source.metadata[CheckpointFile.Keys.record])
    func write(_ name: String, _ state: String) throws -> URL {
      let url = folder.appending(path: name)
      var metadata = source.metadata
      metadata[CheckpointFile.Keys.record] = state
      try CheckpointFile(url: url).write([], metadata: metadata)
      return url
    }
    let zeros = String(repeating: ",0", count: 900_000)
    let names = (0..<149_900).map { #","a\#($0)":0"# }.joined()
    let series = (0..<149_900).map { #","a\#($0)":[0,0]"# }.joined()
    let states = [
      "epochs": state.replacing(#""epochs":[0,1]"#, with: #""epochs":[0,1\#(zeros)]"#),
      "series": state.replacing(#""history":{"#, with: #""history":{"x":[0,0]\#(series),"#),
      "logs": state.replacing(#""logs":{"#, with: #""logs":{"x":0\#(names),"#),
      "callbacks": state.replacing(#""callbacks":["#, with: #""callbacks":[null\#(zeros)"#),
      "metrics": state.replacing(#""metrics":["#, with: #""metrics":["#)
        + String(repeating: " ", count: 9_000_000),
      "brackets": String(repeating: "[", count: 9_000_000),
      "spaces": String(repeating: " ", count: 40_000_000),
    ]
    for (name, text) in states {
      #expect(text != state)
      try Probe.expectBounded("checkpoint", write(name, text))
    }
  }

  @Test func logs() throws {
    let file = try write("line.csv", [UInt8](repeating: 0x61, count: 90_000_000))
    #expect(try Probe.expectBounded("history", file)?.isRead == false)
    let lines = try write("lines.csv", [UInt8](repeating: 0x0A, count: 9_000_000))
    try Probe.expectBounded("history", lines)
  }

  @Test func reports() throws {
    for (name, text) in [
      "brackets": String(repeating: "[", count: 9_000_000),
      "numbers": "[0" + String(repeating: ",0", count: 9_000_000) + "]",
      "members": "{\"a\":0" + (0..<900_000).map { #","\#($0)":0"# }.joined() + "}",
      "history": #"{"format":1,"history":{"epochs":[0"# + String(repeating: ",0", count: 900_000)
        + #"],"history":{}}}"#,
    ] {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let file = try write("\(name)/report.json", text.utf8)
      #expect(try Probe.expectBounded("report", file)?.isRead == false)
    }
  }
}
