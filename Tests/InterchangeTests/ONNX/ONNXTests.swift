import Foundation
import InterchangeNetworks
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Networks as files of ONNX. ONNX Runtime compares their outputs with Pinion's in `check_onnx.py
/// FOLDER` if the folder is named by PINION_ONNX_FOLDER.
@Suite struct ONNXTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  /// The message of a written file.
  private func export(_ network: Network, to url: URL? = nil) throws -> ProtobufFields {
    let url = url ?? scratch.url.appending(path: "a.onnx")
    try network.exportONNX(to: url)
    return try ProtobufFields([UInt8](Data(contentsOf: url)))
  }

  @Test func chainHasOneTransposition() throws {
    var network = Network(
      try Sequential(input: [6, 6, 3], name: "chain") {
        Conv2D(4, kernel: 2, padding: .same, activation: .relu)
        BatchNormalization()
        MaxPool2D()
        Conv2D(4, kernel: 1, activation: .leakyReLU)
        Dropout(0.5)
        GlobalAveragePooling2D()
        Dense(2, activation: .softmax)
      })
    network.classNames = ["a", "\"ö\""]
    let model = try export(network)
    #expect(model.integer(1) == 8 && model.text(2) == "Pinion")
    #expect(try model.message(8).integer(2) == 17)
    let metadata = try model.message(14)
    #expect(metadata.text(1) == "class_names" && metadata.text(2) == #"["a","\"ö\""]"#)
    let graph = try model.message(7)
    #expect(graph.text(2) == "chain")
    let operations = try graph.messages(1).map { $0.text(4) }
    #expect(
      operations == [
        "Transpose", "Conv", "Relu", "BatchNormalization", "MaxPool", "Conv", "LeakyRelu",
        "GlobalAveragePool", "Flatten", "Gemm", "Softmax", "Identity",
      ])
    let input = try graph.message(11)
    #expect(input.text(1) == "input_layer")
    let sizes = try input.message(2).message(1).message(2).messages(1)
    #expect(sizes.map { $0.text(2) } == ["batch", nil, nil, nil])
    #expect(sizes.map { $0.integer(1) } == [nil, 6, 6, 3])
    #expect(try graph.message(12).text(1) == "dense")
    // An even kernel: what is added lies below and at the right.
    let attributes = try graph.messages(1)[1].messages(5)
    let pads = try #require(attributes.first { $0.text(1) == "pads" })
    #expect(
      pads.fields.filter { $0.number == 8 }.map(\.value) == [0, 0, 1, 1].map { .integer($0) })
  }

  @Test func severalInputsAndOutputs() throws {
    let (left, right) = (Input([3], name: "left"), Input([3], name: "right"))
    let shared = Dense(2, name: "shared")
    let (x, y) = (shared(left), shared(right))
    let network = Network(try Graph(inputs: [left, right], outputs: [x, Add()(x, y)]))
    let graph = try export(network).message(7)
    #expect(try graph.messages(11).map { $0.text(1) } == ["left", "right"])
    #expect(try graph.messages(12).map { $0.text(1) } == ["shared", "add"])
    // Kernel and bias once, for both calls.
    #expect(try graph.messages(5).map { $0.text(8) } == ["shared/kernel", "shared/bias"])
  }

  /// A layer that ONNX does not know.
  private struct Double: SamplewiseLayer {
    func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
    func forward(_ context: LayerContext) {}
    func backward(_ context: LayerContext) {}
  }

  @Test func layersThatCannotBeWrittenAreNamedAtOnce() throws {
    let chain = try Sequential(input: [3]) {
      Double()
      Dense(2)
      Double()
    }
    let error = #expect(throws: ONNXError.self) { try export(Network(chain)) }
    #expect(error == .unsupported(["double (Double)", "double_1 (Double)"]))
    #expect(scratch.contents.isEmpty)
  }

  @Test func softmaxAndMetadataOnRequest() throws {
    var network = Network(try Sequential(input: [3]) { Dense(2) }, seed: 1)
    network.classNames = ["a", "b"]
    let url = scratch.url.appending(path: "a.onnx")
    try network.exportONNX(to: url, appendingSoftmax: true, metadata: ["mean": "0.5"])
    let model = try ProtobufFields([UInt8](Data(contentsOf: url)))
    let node = try #require(try model.message(7).messages(1).last)
    #expect(node.text(4) == "Softmax" && node.text(2) == "dense")
    #expect(try model.messages(14).map { $0.text(1) } == ["class_names", "mean"])
    let copy = try Network(onnx: url)
    #expect(copy.classNames == ["a", "b"])
    let inputs = Tensor([[1, 2, 3]])
    let logits = try Predictor(network).predict(inputs).elements
    let odds = try Predictor(copy).predict(inputs).elements
    #expect(abs(odds[0] / odds[1] - exp(logits[0] - logits[1])) < 1e-5)
  }

  @Test func everyNetworkIsWritten() throws {
    let folder = ProcessInfo.processInfo.environment["PINION_ONNX_FOLDER"].map { URL(filePath: $0) }
    let small = try ONNXNetworks.layers() + ONNXNetworks.random(0..<(folder == nil ? 20 : 100))
    for item in try small + ONNXNetworks.report() + ONNXNetworks.zoo() {
      let url = folder?.appending(path: "\(item.name).onnx")
      try checkNames(export(item.network, to: url).message(7), of: item)
      if let folder { try writeRun(item, to: folder) }
    }
  }

  /// Every node reads what the graph holds or what a node before it puts out.
  private func checkNames(_ graph: ProtobufFields, of item: ONNXNetworks.Case) throws {
    let known = try graph.messages(5).map { $0.text(8) } + graph.messages(11).map { $0.text(1) }
    var names = Set(known)
    #expect(names.count == known.count, "\(item.name)")
    for node in try graph.messages(1) {
      for case (1, .bytes(let bytes)) in node.fields where !bytes.isEmpty {
        let name = String(decoding: bytes, as: UTF8.self)
        #expect(names.contains(name), "\(item.name): \(name)")
      }
      #expect(names.insert(node.text(2)).inserted, "\(item.name): \(node.text(2) ?? "")")
    }
    for output in try graph.messages(12) { #expect(names.contains(output.text(1))) }
  }

  private func writeRun(_ item: ONNXNetworks.Case, to folder: URL) throws {
    let inputs = item.inputs(samples: 7)
    let outputs = try predictions(of: item.network, inputs)
    try NumPyArchive.write(
      inputs.enumerated().map { .init("input_\($0)", $1) }
        + outputs.enumerated().map { .init("output_\($0)", $1) },
      to: folder.appending(path: "\(item.name).npz"))
  }
}
