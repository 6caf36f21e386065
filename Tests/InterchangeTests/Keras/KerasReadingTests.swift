import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// `.keras` files of Keras, beside what `make_keras.py` computed with them, and invalid ones.
@Suite struct KerasReadingTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func fixture(_ name: String) -> URL {
    Fixture.folder.appending(path: "interchange/keras_\(name)")
  }

  @Test func chainsAreRead() throws {
    let network = try Network(keras: fixture("chain.keras"))
    #expect(network.graph.layers.map(\.typeName).contains("DepthwiseConv2D"))
    try expectOutputs(of: network, in: fixture("chain.npz"))
  }

  private static let applications = ProcessInfo.processInfo.environment[
    "PINION_KERAS_APPLICATIONS"]

  /// What `make_keras.py --applications FOLDER` wrote.
  @Test(.enabled(if: applications != nil), arguments: ["mobilenet", "efficientnet"])
  func applicationsAreRead(name: String) throws {
    let folder = URL(filePath: Self.applications ?? "")
    let network = try Network(keras: folder.appending(path: "\(name).keras"))
    let run = try NumPyArchive(contentsOf: folder.appending(path: "\(name).npz"))
    func tensor(_ name: String) throws -> Tensor { try run.array(named: name).tensor() }
    let (single, outputs) = (try tensor("single").elements, try tensor("outputs").elements)
    let predicted = try Predictor(network).predict(tensor("inputs")).elements
    // As near to double precision as Keras in single precision, which differs by about 10⁻⁵.
    let error = relativeDifference(predicted, outputs)
    #expect(error < 2 * relativeDifference(single, outputs), "\(name): \(error)")
  }

  @Test func nestedModelsTrainOn() throws {
    let run = try NumPyArchive(contentsOf: fixture("nested.npz"))
    func tensor(_ name: String) throws -> Tensor { try run.array(named: name).tensor() }
    let model = try Model(keras: fixture("nested.keras"), threads: 1)
    let graph = model.graph
    #expect(graph.inputs.map { graph[$0].name } == ["left", "right"])
    #expect(graph.outputs.map { graph[$0].name } == ["kind", "heads/leaky_re_lu[1]"])
    #expect(graph.groups.map(\.name) == ["code", "heads"])
    #expect(model.optimizer is Nadam && model.optimizer.clipping == .norm(1))
    #expect(model.optimizer.learningRate.schedule is CosineDecay && model.steps == 1)
    #expect(model.objectives.map(\.weight) == [1, 0.5])
    #expect(model.objectives.map { $0.metrics.map(\.name) } == [["accuracy"], []])
    let inputs = ["left": try tensor("input_0"), "right": try tensor("input_1")]
    let outputs = try Predictor(model.network).predict(inputs)
    for (index, id) in graph.outputs.enumerated() {
      let expected = try tensor("output_\(index)")
      let found = try #require(outputs[graph[id].name])
      #expect(relativeDifference(found.elements, expected.elements) < 1e-5)
    }
    let samples = try ArrayDataset(
      inputs: [tensor("input_0"), tensor("input_1")],
      targets: [tensor("target_0"), tensor("target_1")])
    for loss in try tensor("losses").elements {
      #expect(abs(try model.trainOnBatch(samples).loss - Double(loss)) < 2e-5)
    }
  }

  /// As in EfficientNetB0 of `keras.applications` with ImageNet's weights.
  @Test func rescalingsOfChannelsAreRead() throws {
    func layer(
      _ scale: KerasValue, _ offset: KerasValue
    ) -> (layer: (any Layer)?, problems: [String]) {
      let config = KerasArguments(["scale": scale, "offset": offset])
      return (KerasLayers.layer("Rescaling", config), config.finish())
    }
    func outputs(_ layer: some Layer) throws -> [Float] {
      let input = Input([3])
      let network = Network(try Graph(inputs: [input], outputs: [layer(input)]))
      return try Predictor(network).predict(Tensor([[1, 2, -3]])).elements
    }
    let cases: [(scale: KerasValue, offset: KerasValue, expected: [Float])] = [
      (.list([2, .number(0.5), 4]), 0, [2, 1, -12]),
      (.list([2, .number(0.5), 4]), .list([1, 0, -8]), [3, 1, -20]),
      (2, .list([1, 0, 3]), [3, 4, -3]), (.list([2, 2, 2]), .number(0.5), [2.5, 4.5, -5.5]),
    ]
    for (scale, offset, expected) in cases {
      let (made, problems) = layer(scale, offset)
      #expect(problems.isEmpty)
      let layer = try #require(made)
      #expect(relativeDifference(try outputs(layer), expected) < 1e-6)
    }
    #expect(layer(2, 1).layer is Rescaling)
    #expect(layer(.list([1, -1, 1]), 0).problems == ["scale: [1, -1, 1]"])
    #expect(layer(.list([1, "a", 1]), 0).problems.first == #"scale: [1, "a", 1]"#)
    #expect(layer(.list([1, 2, 3]), .list([1, 2])).problems == ["offset: [1, 2]"])
  }

  /// A file of the fixture with another configuration.
  private func write(_ change: (inout String) -> Void) throws -> URL {
    let archive = try ZipArchive(FileReader(fixture("chain.keras")))
    let url = scratch.url.appending(path: "changed.keras")
    try AtomicFile.write(to: url) { file in
      var zip = ZipWriter()
      for entry in archive.entries {
        let source = try ZipSource(archive, entry)
        var bytes = try source.bytes(source.size, place: entry.name)
        if entry.name == "config.json" {
          var text = String(decoding: bytes, as: UTF8.self)
          change(&text)
          bytes = Array(text.utf8)
        }
        try bytes.withUnsafeBytes {
          try zip.add(entry.name, [$0], isDeflated: false, to: file)
        }
      }
      try zip.finish(file)
    }
    return url
  }

  @Test func whatIsNotSupportedIsNamedAtOnce() throws {
    let url = try write { text in
      text.replace(
        #""class_name": "Conv2D", "config": {"#, with: #""class_name": "Lambda", "config": {"#)
      text.replace(#""rms_scaling": false"#, with: #""rms_scaling": true"#)
      text.replace(#""activation": "tanh""#, with: #""activation": "sparsemax""#)
    }
    let error = #expect(throws: KerasError.self) { try Network(keras: url) }
    guard case .unsupported(let problems)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.count == 4, "\(problems)")
    #expect(problems.filter { $0.hasSuffix("(Lambda): no such layer") }.count == 2)
    #expect(problems.contains { $0.hasSuffix("(Dense): activation: \"sparsemax\"") })
    #expect(problems.contains { $0.hasSuffix("(LayerNormalization): rms_scaling: true") })
  }

  /// Classes with the name of a layer that compute something else.
  @Test(arguments: [
    (#""module": "keras.layers""#, #""module": "__main__""#, "no such layer in __main__"),
    (
      #""module": "keras.layers", "class_name": "MaxPooling2D""#,
      #""module": "keras.src.ops.numpy", "class_name": "Dot""#,
      "no such layer in keras.src.ops.numpy"
    ),
    (
      #""class_name": "DTypePolicy", "config": {"name": "float32"}"#,
      #""class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}"#,
      #"dtype: "QuantizedDTypePolicy""#
    ),
    (
      #""class_name": "DTypePolicy", "config": {"name": "float32"}"#,
      #""class_name": "DTypePolicy", "config": {"name": "mixed_float16"}"#,
      #"dtype: "mixed_float16""#
    ),
  ]) func otherClassesOfTheSameNameAreRefused(old: String, new: String, problem: String) throws {
    let url = try write { $0.replace(old, with: new) }
    let error = #expect(throws: KerasError.self) { try Network(keras: url) }
    guard case .unsupported(let problems)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.allSatisfy { $0.hasSuffix(problem) }, "\(problems)")
  }

  @Test func flawsOfConfigurationsAreFound() throws {
    let changes: [(String, String)] = [
      (#""units": 5"#, #""units": 5000000000000"#), (#""units": 5"#, #""units": -5"#),
      (#""units": 5"#, #""units": 6"#), (#""pool_size": [2, 2]"#, #""pool_size": [200, 2]"#),
      (#""batch_shape": [null, 8, 8, 3]"#, #""batch_shape": [null, 8, 8, 1e30]"#),
      (#""layers": ["#, #""layers": [7, "#), (#""layers": ["#, #""layers": ["layers", "#),
      (#""config": {"#, #""config": [], "other": {"#),
      ("{", String(repeating: #"{"config": "#, count: 100) + "{"),
    ]
    for (old, new) in changes {
      let url = try write { text in
        if let range = text.range(of: old) { text.replaceSubrange(range, with: new) }
      }
      do {
        _ = try Network(keras: url)
        Issue.record("\(new.prefix(50)) is read")
      } catch is FileError {
      } catch is KerasError {
      }
    }
  }

  /// Errors of other kinds are not of the file.
  private static func read(_ url: URL) throws {
    do {
      let model = try Model(keras: url, threads: 1)
      _ = model.graph.summary()
    } catch let error as KerasError {
      throw FileError(file: url.path, place: "layers", expected: "others", found: "\(error)")
    } catch let error as ArgumentError {
      throw FileError(file: url.path, place: "optimizer", expected: "another", found: "\(error)")
    } catch let error as TrainingError {
      throw FileError(file: url.path, place: "losses", expected: "others", found: "\(error)")
    }
  }

  @Test func brokenFiles() throws {
    let files = try BrokenFiles(fixture: "keras_nested.keras", read: Self.read)
    try files.expectTruncationsRefused(step: 4_001)
    try files.expectMutationsHandled(100)
  }

  /// Mutations of the configuration alone, whose checksum is right.
  @Test func brokenConfigurations() throws {
    let archive = try ZipArchive(FileReader(fixture("nested.keras")))
    let members = try archive.entries.map { entry in
      let source = try ZipSource(archive, entry)
      return (entry.name, try source.bytes(source.size, place: entry.name))
    }
    let config = try #require(members.first { $0.0 == "config.json" }).1
    let target = scratch.url.appending(path: "whole.keras")
    let files = try BrokenFiles(config) { url in
      let broken = [UInt8](try Data(contentsOf: url))
      try AtomicFile.write(to: target) { file in
        var zip = ZipWriter()
        for (name, bytes) in members {
          try (name == "config.json" ? broken : bytes).withUnsafeBytes {
            try zip.add(name, [$0], isDeflated: false, to: file)
          }
        }
        try zip.finish(file)
      }
      try Self.read(target)
    }
    #expect(try files.expectMutationsHandled(300) < 300)
  }
}
