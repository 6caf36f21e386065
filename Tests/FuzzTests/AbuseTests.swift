import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import FuzzReaders

/// Files like those with which loaders of this field were attacked; see Documentation/Promises.md.
@Suite struct AbuseTests {
  private func reader(_ name: String) throws -> FuzzedReader {
    try #require(FuzzedReader.all.first { $0.name == name })
  }

  /// The error that refuses a file.
  private func error(_ name: String, _ bytes: [UInt8]) throws -> String {
    switch try reader(name).read(bytes, in: ScratchFile()) {
    case .refused(let error): return "\(error)"
    case .read: return "read"
    case .fault(let text): return "fault: \(text)"
    }
  }

  private func fixture(_ name: String) throws -> [UInt8] {
    try ModelSeeds.fixture("interchange/\(name)")
  }

  // MARK: HDF5

  /// An array whose elements are in another file (message 7): Keras 3.13.1 read /etc/passwd.
  @Test func externalArraysAreRefused() throws {
    var bytes = try fixture("keras_chain.weights.h5")
    // The fill values of the arrays become lists of external files.
    let fill: [UInt8] = [5, 0, 8, 0, 1, 0, 0, 0]
    while let range = bytes.firstRange(of: fill) { bytes[range.lowerBound] = 7 }
    #expect(try error("hdf5", bytes).contains("an array without filters, in this file"))
  }

  /// A member of a group that names another one, or one in another file.
  @Test func linksAreRefused() throws {
    var bytes = try fixture("keras_chain.weights.h5")
    let leaf = try #require(bytes.firstRange(of: Array("SNOD".utf8)))
    bytes[leaf.lowerBound + 8 + 16] = 2
    #expect(try error("hdf5", bytes).contains("found a link"))
  }

  /// 20,000 members of a group that share an object header of 800 kB, to be read for each.
  @Test func sharedHeadersAreRefusedSoon() throws {
    let bytes = HDF5Seeds.sharedHeader(count: 20_000)
    let start = ContinuousClock.now
    let message = try error("hdf5", bytes)
    #expect(message.contains("objects that share them"), "\(message)")
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  // MARK: Keras

  /// Code by name: classes of other modules, `Lambda` with code, functions as activations.
  @Test(arguments: [
    (#""class_name": "Conv2D""#, #""class_name": "Lambda""#),
    (
      #""module": "keras.layers", "class_name": "Conv2D""#,
      #""module": "os", "class_name": "system""#
    ),
    (#""class_name": "Dense""#, #""class_name": "TFSMLayer""#),
    (#""activation": "relu""#, #""activation": {"class_name": "function", "config": "eval"}"#),
    (#""class_name": "Conv2D""#, #""class_name": "TorchModuleWrapper""#),
  ]) func codeIsNotRun(old: String, new: String) throws {
    let archive = try #require(ZipMember.all(of: fixture("keras_chain.keras")))
    var changes = 0
    let changed = archive.map { member in
      var member = member
      let text = String(decoding: member.contents, as: UTF8.self)
      guard member.name == Array("config.json".utf8), text.contains(old) else { return member }
      changes += 1
      member.contents = Array(text.replacingOccurrences(of: old, with: new).utf8)
      return member
    }
    #expect(changes == 1)
    let message = try error("keras", ZipMember.archive(changed))
    #expect(message.contains("not supported"), "\(message)")
  }

  /// Names of members of archives and of layers never become paths.
  @Test func namesAreNoPaths() throws {
    let scratch = try ScratchFile()
    let victim = scratch.folder.deletingLastPathComponent().appending(path: "pinion-escaped")
    let name = Array("../pinion-escaped".utf8)
    for (reader, file) in [("zip", "numpy_compressed.npz"), ("pickle", "pytorch_tensors.pt")] {
      let archive = try #require(ZipMember.all(of: fixture(file)))
      let changed = archive.map { member in
        var member = member
        member.name = name
        return member
      }
      _ = try self.reader(reader).read(ZipMember.archive(changed), in: scratch)
      #expect(!FileManager.default.fileExists(atPath: victim.path))
    }
    #expect(throws: GraphError.self) {
      try Sequential(input: [1]) { Dense(1, name: "../pinion-escaped") }.graph
    }
  }

  // MARK: PyTorch

  /// A pickle that calls a function: `os.system`, `eval` and a class with `__reduce__`.
  @Test(arguments: [
    "cos\nsystem\n(S'touch /tmp/pinion-escaped'\ntR.", "c__builtin__\neval\n(S'1'\ntR.",
    "cbuiltins\nexec\n(S'1'\ntR.", "cposix\nsystem\n(S'true'\nt\u{81}.", "(S'true'\nios\nsystem\n.",
  ]) func picklesCallNothing(pickle: String) throws {
    let archive = try #require(ZipMember.all(of: fixture("pytorch_tensors.pt")))
    let changed = archive.map { member in
      var member = member
      let isPickle = member.name.suffix(8) == Array("data.pkl".utf8)
      if isPickle { member.contents = pickle.unicodeScalars.map { UInt8($0.value) } }
      return member
    }
    let message = try error("pickle", ZipMember.archive(changed))
    #expect(message != "read" && !message.hasPrefix("fault"), "\(message)")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/pinion-escaped"))
  }

  // MARK: Numbers at their limits

  /// Each number in the texts of a checkpoint, a history, a header and a configuration, at the
  /// limits of its type.
  @Test(arguments: ["checkpoint", "history", "safetensors", "configuration", "model", "report"])
  func numbersAtTheirLimits(name: String) throws {
    let reader = try reader(name)
    let scratch = try ScratchFile()
    let limits = [
      "0", "-1", "2147483648", "4294967296", "9223372036854775807", "-9223372036854775808",
      "18446744073709551615", "18446744073709551616", "1e308", "1e309", "-1e309",
    ]
    let seed = try #require(reader.seeds(scratch).first)
    let structure = reader.structure
    let parts = structure?.split(seed).map { $0.parts.map(\.bytes) } ?? [seed]
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    var position = 0
    var tried = 0
    while let start = parts[0][position...].firstIndex(where: digits.contains) {
      let end = parts[0][start...].firstIndex { !digits.contains($0) } ?? parts[0].count
      position = end
      for limit in limits {
        var changed = parts
        changed[0].replaceSubrange(start..<end, with: limit.utf8)
        let bytes = structure?.split(seed)?.join(changed) ?? changed[0]
        if case .fault(let text) = try reader.read(bytes, in: scratch) {
          Issue.record("\(limit) at \(start): \(text)")
        }
        tried += 1
      }
    }
    #expect(tried > 50)
  }
}
