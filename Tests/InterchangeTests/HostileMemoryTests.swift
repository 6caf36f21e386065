import Foundation
import Pinion
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Reading takes at most twice a file's size and 64 MiB, and one second a megabyte.
@Suite struct HostileMemoryTests {
  private static func excess(_ url: URL, _ read: (URL) throws -> Void) throws -> String? {
    let size = try FileReader(url).size
    let usage = try ProcessUsage()
    do { try read(url) } catch is FileError {}
    return try usage.excess(overFileOf: size)
  }

  @Test func archivesOfArrays() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.url.appending(path: "a.npz")
      let small = Tensor([1])
      let archives: [(name: String, entries: [NumPyArchive.Entry])] = [
        ("80 million zeros", [.init("a", Mask.zeros([80_000_000]))]),
        ("many members", (0..<10_000).map { .init("\($0)", small) }),
        (
          "long names",
          (0..<200).map { .init(String(repeating: "a", count: 60_000) + "\($0)", small) }
        ),
        ("axes", [.init("a", Tensor.zeros(Shape([Int](repeating: 1, count: 64))))]),
      ]
      for (name, entries) in archives {
        try NumPyArchive.write(entries, to: url, isCompressed: true)
        let excess = try Self.excess(url) { url in
          let archive = try NumPyArchive(contentsOf: url)
          for name in archive.names { _ = try archive.array(named: name).tensor() }
        }
        #expect(excess == nil, "\(name): \(excess ?? "")")
      }
    }
  }

  @Test func arrays() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.url.appending(path: "a.npy")
      for (type, order) in [("<f4", "False"), (">f8", "True"), ("<f2", "False")] {
        let size = type == ">f8" ? 8 : type == "<f4" ? 4 : 2
        let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': (5000, 4000), }"
        let start = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
        try folder.write(start + Array(header.utf8), to: "a.npy")
        // Zeros that the disk does not hold.
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(
          atOffset: UInt64(start.count + header.utf8.count + 20_000_000 * size))
        try handle.close()
        let excess = try Self.excess(url) { url in
          let tensor = try NumPyArray(contentsOf: url).tensor()
          require(tensor.shape == [5000, 4000], "\(tensor.shape)")
        }
        #expect(excess == nil, "\(type): \(excess ?? "")")
      }
    }
  }

  @Test func networksOfKeras() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.url.appending(path: "a.keras")
      // 64 MB of weights.
      let chain = try Sequential(input: [4000]) { Dense(4000, kernelInitializer: .zeros) }
      try Network(chain).saveKeras(to: url)
      let excess = try Self.excess(url) { url in
        let network = try Network(keras: url)
        require(network.graph.parameterCounts.total == 16_004_000, "parameters")
      }
      #expect(excess == nil, "\(excess ?? "")")
    }
  }

  @Test func configurationsOfKeras() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.url.appending(path: "a.keras")
      func list(_ element: String, _ count: Int) -> String {
        "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
      }
      let dense = """
        {"class_name":"Dense","config":{"name":"d","units":1,"activation":"linear"}}
        """
      let configurations: [(name: String, layers: String)] = [
        ("numbers", list("1", 2_000_000)), ("lists", list("[]", 1_000_000)),
        ("texts", list("\"ab\"", 800_000)), ("objects", list("{\"a\":1}", 500_000)),
        ("layers", list(dense, 40_000)),
        ("nested", String(repeating: "[", count: 500) + String(repeating: "]", count: 500)),
        ("one text", "\"" + String(repeating: "\\u0041", count: 600_000) + "\""),
        ("numbers of many digits", list(String(repeating: "9", count: 300), 13_000)),
      ]
      for (name, layers) in configurations {
        let json = "{\"class_name\":\"Sequential\",\"config\":{\"layers\":\(layers)}}"
        for isDeflated in [false, true] {
          try AtomicFile.write(to: url) { file in
            var zip = ZipWriter()
            for (member, text) in [
              ("metadata.json", "{\"keras_version\":\"3.15.0\"}"), ("config.json", json),
            ] {
              try Array(text.utf8).withUnsafeBytes {
                try zip.add(member, [$0], isDeflated: isDeflated, to: file)
              }
            }
            try zip.finish(file)
          }
          let excess = try Self.excess(url) { _ = try Network(keras: $0) }
          #expect(excess == nil, "\(name), \(isDeflated): \(excess ?? "")")
        }
      }
    }
  }

  @Test func pickles() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.url.appending(path: "a.pt")
      func text(_ text: String, _ count: Int) -> [UInt8] {
        Array(repeating: text.unicodeScalars.map { UInt8($0.value) }, count: count).flatMap(\.self)
      }
      // A tensor without elements, remembered, and a key of 1,000 letters for each.
      let tensor =
        "ctorch._utils\n_rebuild_tensor_v2\n((U\u{7}storagectorch\nByteStorage\nU\u{1}0NK\u{0}tQ"
        + "K\u{0}K\u{0}\u{85}K\u{1}\u{85}tRq\u{0}"
      let key = "X\u{e8}\u{3}\u{0}\u{0}" + String(repeating: "k", count: 1_000)
      let pickles: [(name: String, bytes: [UInt8])] = [
        ("values", text("N", 1_200_000)), ("marks", text("(", 300_000)),
        ("tuples", text(")", 300_000)), ("nested tuples", text(")", 1) + text("\u{85}", 300_000)),
        ("pairs", text(")", 1) + text(")\u{86}", 300_000)),
        ("remembered", text("N", 1) + text("\u{94}", 300_000)),
        ("lists", text("]q\u{0}", 1) + text("]a", 300_000)),
        ("texts", text("U\u{1}a", 300_000)),
        ("names", text("cos\nsystem\n", 1)),
        ("one text", text("X\u{0}\u{0}\u{f0}\u{0}", 1) + text("a", 0xf0_0000)),
        (
          "long keys",
          text("}", 1) + text(key, 1) + text("}" + key, 1) + text(tensor, 1) + text("s", 1)
            + text("U\u{1}ah\u{0}s", 300_000) + text("s.", 1)
        ),
        (
          "doubled", text("]", 1) + text("q\u{0}]h\u{0}ah\u{0}a", 60) + text(".", 1)
        ),
      ]
      for (name, bytes) in pickles {
        try AtomicFile.write(to: url) { file in
          var zip = ZipWriter()
          try bytes.withUnsafeBytes {
            try zip.add("a/data.pkl", [$0], isDeflated: name != "one text", to: file)
          }
          try zip.add("a/data/0", [], isDeflated: false, to: file)
          try zip.finish(file)
        }
        let excess = try Self.excess(url) { _ = try PyTorchWeights(contentsOf: $0) }
        #expect(excess == nil, "\(name): \(excess ?? "")")
      }
    }
  }
}
