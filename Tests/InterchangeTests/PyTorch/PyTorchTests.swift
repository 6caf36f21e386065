import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of PyTorch beside what `make_pytorch.py` put into them.
@Suite struct PyTorchTests {
  private func fixture(_ name: String) -> URL {
    Fixture.folder.appending(path: "interchange/pytorch_\(name)")
  }

  @Test func tensorsOfEveryTypeAndStride() throws {
    let weights = try PyTorchWeights(contentsOf: fixture("tensors.pt"))
    let expected = try NumPyArchive(contentsOf: fixture("tensors.npz"))
    #expect(Set(weights.tensors.map(\.name)) == Set(expected.names))
    for tensor in weights.tensors {
      let array = try expected.array(named: tensor.name).tensor()
      #expect(tensor.shape == array.shape, "\(tensor.name)")
      #expect(try weights.tensor(named: tensor.name) == array, "\(tensor.name)")
    }
    #expect(weights.tensors.first?.name == "types.bool")
    let error = #expect(throws: FileError.self) { try weights.tensor(named: "epoch") }
    #expect(error?.place == "tensor \"epoch\"")
  }

  /// Elements of the opposite sign and of unsigned types, in a file without checksums.
  @Test func tensorsOfRareForms() throws {
    let weights = try PyTorchWeights(contentsOf: fixture("forms.pt"))
    func tensor(_ name: String) throws -> Tensor { try weights.tensor(named: name) }
    #expect(try tensor("negated") == Tensor([-2, 4]))
    #expect(try tensor("turned") == Tensor([[-2, -6], [4, -8]]))
    #expect(try tensor("uint16") == Tensor([2, 65_535]))
    #expect(try tensor("uint32") == Tensor([[7, 4_294_967_040]]))
    #expect(try tensor("uint64") == Tensor([0x1p63, 3]))
    // Other zip files have checksums.
    let archive = try ZipArchive(FileReader(fixture("forms.pt")))
    let entry = try #require(archive.entries.first { $0.size > 0 })
    #expect(throws: FileError.self) {
      try ZipSource(archive, entry).bytes(entry.size, place: "contents")
    }
  }

  @Test func reportsArePrintable() {
    let report = PyTorchReport(
      assignments: [
        .init(parameter: "a\u{1B}[31m", tensor: "b\nc"), .init(parameter: "d", tensor: "e"),
      ],
      unusedTensors: ["\u{7}"], unchangedParameters: ["f\r"])
    let lines = [
      #"a\u{1B}[31m  b\nc"#, "d" + String(repeating: " ", count: 12) + "e", #"unchanged: f\r"#,
      #"not used: \u{7}"#,
    ]
    #expect(report.description == lines.joined(separator: "\n"))
  }

  private func check(_ network: Network, _ name: String) throws {
    try expectOutputs(of: network, in: fixture("\(name).npz"))
  }

  @Test func chainOfEveryLayer() throws {
    let network = Network(try PyTorchNetworks.chain(), seed: 1)
    let weights = try PyTorchWeights(contentsOf: fixture("chain.pt"))
    let report = try network.loadPyTorchWeights(weights)
    try check(network, "chain")
    #expect(report.unusedTensors.isEmpty && report.unchangedParameters.isEmpty)
    #expect(report.assignments.map(\.parameter) == network.weights.entries.map(\.name))
    let line = "dense/kernel" + String(repeating: " ", count: 27) + "dense.weight\n"
    #expect(report.description.contains(line))
  }

  /// Vectors that were images, and one that becomes an image: their elements are in PyTorch in the
  /// order of channels first.
  @Test func vectorsOfImages() throws {
    let network = Network(try PyTorchNetworks.vectors(), seed: 1)
    let weights = try PyTorchWeights(contentsOf: fixture("vectors.pt"))
    let report = try network.loadPyTorchWeights(weights)
    #expect(report.unusedTensors.isEmpty)
    try check(network, "vectors")
  }

  @Test func attentionOfOneProjection() throws {
    let chain = try Sequential(input: [4, 5]) {
      Dense(6, name: "embed")
      MultiHeadAttention(2, keyDim: 3, name: "attention")
      Dense(3, name: "logits")
    }
    let weights = try PyTorchWeights(contentsOf: fixture("attention.pt"))
    for matching in [PyTorchMatching.order, .names()] {
      let network = Network(chain, seed: 1)
      let report = try network.loadPyTorchWeights(weights, matching: matching)
      #expect(report.unusedTensors.isEmpty)
      try check(network, "attention")
    }
  }

  @Test func residualNetworkByOrderAndByName() throws {
    let weights = try PyTorchWeights(contentsOf: fixture("resnet.pt"))
    for matching in [PyTorchMatching.order, .names()] {
      let network = Network(try PyTorchNetworks.resNet(), seed: 1)
      let report = try network.loadPyTorchWeights(weights, matching: matching)
      #expect(report.assignments.allSatisfy { Self.isSame($0.parameter, $0.tensor) })
      try check(network, "resnet")
    }
    let sorted = try PyTorchWeights(contentsOf: fixture("resnet.safetensors"))
    let network = Network(try PyTorchNetworks.resNet(), seed: 1)
    try network.loadPyTorchWeights(sorted)
    try check(network, "resnet")
    let error = #expect(throws: FileError.self) {
      try network.loadPyTorchWeights(sorted, matching: .order)
    }
    #expect(error?.found.contains("by name") == true)
  }

  /// Whether a parameter and a tensor belong to modules of the same name.
  private static func isSame(_ parameter: String, _ tensor: String) -> Bool {
    parameter.split(separator: "/").first
      == tensor.split(separator: ".").dropLast()
      .joined(separator: ".")[...]
  }

  @Test func mobileNetworkInBothFormats() throws {
    let graph = try PyTorchNetworks.mobileNet()
    let weights = try PyTorchWeights(contentsOf: fixture("mobilenet.pt"))
    let network = Network(graph, seed: 1)
    let report = try network.loadPyTorchWeights(weights)
    try check(network, "mobilenet")
    // In double precision and without an order: by the names that the order gave.
    let doubles = try PyTorchWeights(contentsOf: fixture("mobilenet.safetensors"))
    let names = Dictionary(
      uniqueKeysWithValues: report.assignments.map { ($0.parameter, $0.tensor) })
    let other = Network(graph, seed: 2)
    try other.loadPyTorchWeights(doubles, matching: .names(names))
    try check(other, "mobilenet")
  }

  @Test func missingAndUnusedTensorsAreReported() throws {
    let weights = try PyTorchWeights(contentsOf: fixture("chain.pt"))
    let chain = try Sequential(input: [7]) {
      Dense(4, name: "logits")
      Dense(2, name: "head")
    }
    let network = Network(chain, seed: 1)
    let before = network.copy()
    let error = #expect(throws: FileError.self) {
      try network.loadPyTorchWeights(weights, matching: .names())
    }
    #expect(error?.place == "parameter \"head/kernel\"")
    #expect(network.weights.trainable.array == before.weights.trainable.array)
    let report = try network.loadPyTorchWeights(weights, matching: .names(), allowsMissing: true)
    #expect(report.unchangedParameters == ["head/kernel", "head/bias"])
    #expect(report.assignments.map(\.tensor) == ["logits.weight", "logits.bias"])
    #expect(report.unusedTensors.count == weights.tensors.count - 4)
    #expect(report.unusedTensors.contains("bn.running_var"))
    let kernel = try weights.tensor(named: "logits.weight").transposed().elements
    #expect(network.weights["logits/kernel"]?.array == kernel)
    #expect(network.weights["head/kernel"]?.array == before.weights["head/kernel"]?.array)
  }

  @Test func otherShapesAreNamed() throws {
    let weights = try PyTorchWeights(contentsOf: fixture("chain.pt"))
    let network = Network(try Sequential(input: [6]) { Dense(4, name: "logits") }, seed: 1)
    let error = #expect(throws: FileError.self) {
      try network.loadPyTorchWeights(weights, matching: .names())
    }
    #expect(error?.place == "tensor \"logits.weight\"")
    #expect(error?.expected == "(4, 6) for \"logits/kernel\"")
    #expect(error?.found == "(4, 7)")
    #expect(throws: FileError.self) { try network.loadPyTorchWeights(weights, matching: .order) }
    let prefixed = try Sequential(input: [7]) { Dense(4, name: "a") }
    #expect(throws: FileError.self) {
      try Network(prefixed, seed: 1).loadPyTorchWeights(
        weights, matching: .names(["a": "model.logits"]))
    }
    try Network(prefixed, seed: 1).loadPyTorchWeights(
      weights, matching: .names(["a": "logits"], prefix: "model."))
  }

  @Test(arguments: ["tensors.pt", "forms.pt", "chain.pt"]) func brokenFiles(name: String) throws {
    let files = try BrokenFiles(fixture: "pytorch_\(name)") { url in
      let weights = try PyTorchWeights(contentsOf: url)
      for tensor in weights.tensors { _ = try weights.tensor(named: tensor.name) }
    }
    try files.expectTruncationsRefused(step: name == "chain.pt" ? 97 : 7)
    try files.expectMutationsHandled(1_000)
  }
}
