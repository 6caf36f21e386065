import Foundation
import Pinion
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Pickles of one's own, in files as of `torch.save`.
@Suite struct PickleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ pickle: [UInt8], storage: [UInt8]? = nil) throws -> PyTorchWeights {
    let url = folder.url.appending(path: "a.pt")
    try AtomicFile.write(to: url) { file in
      var zip = ZipWriter()
      try pickle.withUnsafeBytes {
        try zip.add("a/data.pkl", [$0], isDeflated: false, to: file)
      }
      try storage?.withUnsafeBytes {
        try zip.add("a/data/0", [$0], isDeflated: false, to: file)
      }
      try zip.finish(file)
    }
    return try PyTorchWeights(contentsOf: url)
  }

  private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func integer(_ value: Int) -> [UInt8] {
    [0x8a, 8] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A tensor of a storage of four bytes.
  ///
  /// - Parameters:
  ///   - version: That of the function that makes it.
  ///   - rest: The arguments after the strides.
  private func tensor(
    version: Int = 2, storage: String = "torch\nByteStorage", count: Int = 4, offset: Int = 0,
    sizes: [Int] = [2, 2], strides: [Int] = [2, 1], rest: [UInt8] = []
  ) -> [UInt8] {
    func tuple(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }
    let function = "ctorch._utils\n_rebuild_tensor_v\(version)\n"
    return text("\(function)((U\u{7}storagec\(storage)\nU\u{1}0N") + integer(count) + text("tQ")
      + integer(offset) + tuple(sizes) + tuple(strides) + rest + text("tR.")
  }

  /// Tensors of the network itself, such as those of a single layer, whose names have no dot.
  @Test func tensorsOfNoModule() throws {
    let kernel = Array(tensor().dropLast())
    let weights = try read(text("}U\u{6}weight") + kernel + text("s."), storage: [1, 2, 3, 4])
    let chain = try Sequential(input: [2]) { Dense(2, usesBias: false, name: "logits") }
    for matching in [PyTorchMatching.order, .names(["logits": ""])] {
      let network = Network(chain, seed: 1)
      try network.loadPyTorchWeights(weights, matching: matching)
      #expect(network.weights["logits/kernel"]?.array == [1, 3, 2, 4])
    }
  }

  /// Such as a seed of 64 bits without a sign.
  @Test func longNumbersAreNotRead() throws {
    let seed = text("}U\u{4}seed") + [0x8a, 9] + [UInt8](repeating: 0xff, count: 8) + [0]
    #expect(try read(seed + text("s.")).tensors.isEmpty)
  }

  @Test func tensorsAreRead() throws {
    let weights = try read(tensor(), storage: [1, 2, 3, 4])
    #expect(weights.tensors == [.init(name: "tensor", shape: [2, 2])])
    #expect(try weights.tensor(named: "tensor") == Tensor([[1, 2], [3, 4]]))
    let turned = try read(tensor(strides: [1, 2]), storage: [1, 2, 3, 4])
    #expect(try turned.tensor(named: "tensor") == Tensor([[1, 3], [2, 4]]))
    let one = try read(tensor(offset: 3, sizes: [1], strides: [.max]), storage: [1, 2, 3, 4])
    #expect(try one.tensor(named: "tensor") == Tensor([4]))
  }

  @Test(
    arguments: [
      // The count, the offset, sizes and strides.
      (5, 0, [2, 2], [2, 1]), (-1, 0, [2, 2], [2, 1]), (.max, 0, [2, 2], [2, 1]),
      (4, 1, [2, 2], [2, 1]), (4, -1, [2, 2], [2, 1]), (4, .max, [1], [1]), (4, 5, [0], [1]),
      (4, 0, [-1, 2], [2, 1]), (4, 0, [2, 2], [2, -1]), (4, 0, [2, 2], [.max, .max]),
      (4, 0, [.max, 2], [0, 1]), (4, 0, [.max, .max, 0], [0, 0, 0]), (4, 0, [2], [1, 1]),
      (4, 0, [5], [1]),
    ] as [(Int, Int, [Int], [Int])])
  func viewsOutsideTheStorageAreRefused(
    count: Int, offset: Int, sizes: [Int], strides: [Int]
  ) throws {
    #expect(throws: FileError.self) {
      try read(
        tensor(count: count, offset: offset, sizes: sizes, strides: strides),
        storage: [1, 2, 3, 4])
    }
  }

  /// `neg` alone, after the flag of gradients and the hooks.
  @Test func metadataAreAppliedOrRefused() throws {
    func values(_ metadata: [UInt8]) throws -> Tensor {
      let pickle = tensor(rest: [0x89] + text("N") + metadata)
      return try read(pickle, storage: [1, 2, 3, 4]).tensor(named: "tensor")
    }
    func entry(_ name: String, _ value: UInt8) -> [UInt8] {
      [UInt8(ascii: "U"), UInt8(name.utf8.count)] + text(name) + [value] + text("s")
    }
    for none in [[], text("N"), text("}"), text("}") + entry("neg", 0x89)] {
      #expect(try values(none) == Tensor([[1, 2], [3, 4]]))
    }
    #expect(try values(text("}") + entry("neg", 0x88)) == Tensor([[-1, -2], [-3, -4]]))
    for other in [
      entry("conj", 0x88), entry("neg", 0x88) + entry("conj", 0x88),
      entry("neg", UInt8(ascii: "N")),
    ] {
      let error = #expect(throws: FileError.self) { try values(text("}") + other) }
      #expect(error?.found == "other metadata")
    }
    #expect(throws: FileError.self) { try values(text("]")) }
  }

  @Test func untypedStoragesHaveTheTensorsType() throws {
    func values(_ type: String) throws -> Tensor {
      let pickle = tensor(
        version: 3, storage: "torch.storage\nUntypedStorage", sizes: [2], strides: [1],
        rest: [0x89] + text("N\(type)"))
      return try read(pickle, storage: [1, 2, 0, 0x80]).tensor(named: "tensor")
    }
    #expect(try values("ctorch\nuint16\n") == Tensor([513, 32_768]))
    #expect(try values("ctorch\nint16\n") == Tensor([513, -32_768]))
    #expect(try values("ctorch\nuint8\n") == Tensor([1, 2]))
    // Too few elements, and no type.
    for type in ["ctorch\nuint32\n", "ctorch\nfloat64\n", "N", ""] {
      #expect(throws: FileError.self, "\(type)") { try values(type) }
    }
    let error = #expect(throws: FileError.self) { try values("ctorch\nfloat8_e4m3fn\n") }
    #expect(error?.found == "torch.float8_e4m3fn")
  }

  @Test func elementsThatStandForManyAreLimited() throws {
    let weights = try read(
      tensor(sizes: [1 << 40, 2], strides: [0, 1]), storage: [1, 2, 3, 4])
    let error = #expect(throws: FileError.self) { try weights.tensor(named: "tensor") }
    #expect(error?.found == "\(1 << 41)")
  }

  @Test(arguments: [
    "cos\nsystem\n(U\u{1}xtR.", "cbuiltins\neval\n.", "ctorch\nload\n.",
    "c__builtin__\ngetattr\n.", "\u{8c}\u{2}os\u{8c}\u{6}system\u{93}.", "cnumpy\nndarray\n.",
  ]) func otherNamesAreRefused(pickle: String) throws {
    let bytes = pickle.unicodeScalars.map { UInt8($0.value) }
    let error = #expect(throws: FileError.self) { try read(bytes) }
    #expect(error?.expected == "tensors alone, such as those of state_dict()")
  }

  @Test(arguments: [
    "ios\nsystem\n", "o", "\u{81}", "\u{82}\u{1}", "P0\n", "I1\n.", "S'a'\n.", "2", "\u{98}", "",
    ".", "0", "t.", "(.", "N(0", "(t(R.", "NN\u{85}R.", "Na.", "Ns.", "(NNNu.", "}(Nu.", "]b.",
    "Nb.", "h\u{0}.", "j\u{ff}\u{ff}\u{ff}\u{ff}.", "q\u{0}", "X\u{ff}\u{ff}\u{ff}\u{ff}a.",
    "\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}a.", "\u{8a}\u{ff}a.", "NQ.",
    "(NNNNNtQ.", "ccollections\nOrderedDict\nNR.", "ccollections\nOrderedDict\n(NtR.",
    "ctorch._utils\n_rebuild_tensor_v2\n)R.", "ctorch._utils\n_rebuild_parameter\n(NtR.",
    "ctorch", "ctorch\n", "\u{95}\u{ff}",
  ]) func invalidPicklesAreRefused(pickle: String) throws {
    let bytes = pickle.unicodeScalars.map { UInt8($0.value) }
    #expect(throws: FileError.self, "\(pickle.debugDescription)") { try read(bytes) }
  }

  @Test func otherValuesAreIgnored() throws {
    let pickle =
      "\u{80}\u{2}}(U\u{1}aK\u{1}K\u{2}](NG\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}"
      + "\u{8a}\u{1}\u{ff}eU\u{1}b}u}b."
    #expect(try read(pickle.unicodeScalars.map { UInt8($0.value) }).tensors.isEmpty)
  }

  /// Containers in themselves, and a thousand in each other, doubled in each.
  @Test func nestingIsLimited() throws {
    let cycle = text("]q\u{0}h\u{0}a.")
    #expect(throws: FileError.self) { try read(cycle) }
    var doubled = text("]")
    for _ in 0..<60 { doubled += text("q\u{0}]h\u{0}ah\u{0}a") }
    #expect(throws: FileError.self) { try read(doubled + text(".")) }
    let deep =
      [UInt8](repeating: UInt8(ascii: ")"), count: 1)
      + [UInt8](repeating: 0x85, count: 200_000)
    #expect(throws: FileError.self) { try read(deep + text(".")) }
  }

  @Test func manyValuesAreLimited() throws {
    for code in ["N", "(", ")", "]"] {
      let bytes = [UInt8](repeating: Array(code.utf8)[0], count: 1_100_000)
      let error = #expect(throws: FileError.self) { try read(bytes + text(".")) }
      #expect(error?.found == "more" || code == "(", "\(code): \(error?.description ?? "")")
    }
  }
}
