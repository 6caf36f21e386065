import Foundation
import InterchangeNetworks
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of ONNX as networks: Pinion's own, and those of `make_onnx.py`.
@Suite struct ONNXImportTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func fixture(_ name: String) -> URL {
    Fixture.folder.appending(path: "interchange/onnx_\(name)")
  }

  /// The outputs of an imported network beside those of the exporter's library.
  private func check(_ file: URL, _ arrays: URL) throws {
    try expectOutputs(of: Network(onnx: file), in: arrays)
  }

  @Test(
    arguments: ["resnet", "mobilenet", "activations", "keras", "heads", "joint", "module"],
    ["script", "dynamo"])
  func filesOfOtherExporters(name: String, exporter: String) throws {
    let arrays = name == "keras" ? "\(name)_\(exporter).npz" : "\(name).npz"
    try check(fixture("\(name)_\(exporter).onnx"), fixture(arrays))
  }

  @Test func attentionOfKeras() throws {
    try check(fixture("keras_attention.onnx"), fixture("keras_attention.npz"))
  }

  /// A file whose exporter was given no symbolic size of the batch.
  @Test(arguments: [1, 2]) func filesOfFixedBatches(size: Int) throws {
    let file = fixture("fixed_\(size).onnx")
    try check(file, fixture("fixed.npz"))
    let layers = try Network(onnx: file).graph.layers
    #expect(layers.filter { $0.layer is MultiHeadAttention }.count == 2)
    #expect(layers.contains { $0.layer is ClassToken })
  }

  /// Attentions as one layer, whose parameters were one projection or three.
  @Test(arguments: ["heads_script", "joint_dynamo", "module_dynamo"])
  func attentionsAreLayers(name: String) throws {
    let graph = try Network(onnx: fixture("\(name).onnx")).graph
    let attentions = graph.layers.compactMap { $0.layer as? MultiHeadAttention }
    #expect(attentions.map(\.heads) == [3, 3] && attentions.map(\.keyDim) == [4, 4])
    #expect(!graph.layers.contains { $0.layer is Dot })
  }

  /// Full-size networks, which `make_onnx.py FOLDER` writes.
  @Test func filesOfAFolder() throws {
    guard let path = ProcessInfo.processInfo.environment["PINION_ONNX_IMPORT_FOLDER"] else {
      return
    }
    let folder = URL(filePath: path)
    let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    for file in files where file.hasSuffix(".onnx") {
      let name = file.replacing("_script.onnx", with: "").replacing("_dynamo.onnx", with: "")
      try check(folder.appending(path: file), folder.appending(path: "\(name).npz"))
    }
  }

  /// Layers that are not recognized in the formulas written for them.
  private static let unreadable = ["UnitNormalization", "RepeatVector"]

  @Test func ownFilesComeBack() throws {
    let cases =
      try ONNXNetworks.layers() + ONNXNetworks.random(0..<40) + ONNXNetworks.report()
      + ONNXNetworks.zoo()
    let file = scratch.url.appending(path: "a.onnx")
    var count = 0
    for item in cases {
      try item.network.exportONNX(to: file)
      let imported: Network
      do {
        imported = try Network(onnx: file)
      } catch let ONNXError.unsupportedNodes(_, nodes) {
        let types = item.network.graph.layers.map(\.typeName)
        #expect(Self.unreadable.contains(where: types.contains), "\(item.name): \(nodes)")
        continue
      }
      count += 1
      let graph = item.network.graph
      #expect(imported.graph.inputShapes == graph.inputShapes, "\(item.name)")
      #expect(imported.graph.outputShapes == graph.outputShapes, "\(item.name)")
      let inputs = item.inputs(samples: 2)
      let expected = try predictions(of: item.network, inputs)
      let found = try predictions(of: imported, inputs)
      for (found, expected) in zip(found, expected) {
        let difference = relativeDifference(found.elements, expected.elements)
        #expect(difference < 1e-5, "\(item.name): \(difference)")
      }
    }
    #expect(count >= cases.count - 30)
  }
}
