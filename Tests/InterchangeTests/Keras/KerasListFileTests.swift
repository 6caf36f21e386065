import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// `.h5` files of Keras 2 and 3, beside what `make_keras2.py` computed with them, and invalid ones.
@Suite struct KerasListFileTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func fixture(_ name: String) -> URL {
    Fixture.folder.appending(path: "interchange/\(name)")
  }

  private func check(_ network: Network, _ name: String) throws {
    try expectOutputs(of: network, in: fixture("\(name).npz"))
  }

  @Test func modelsOfKeras2TrainOn() throws {
    let model = try Model(keras: fixture("keras2_model.h5"), threads: 1)
    #expect(model.graph.groups.map(\.name) == ["part", "graph"])
    #expect(model.graph.layers.filter { !$0.isTrainable }.map(\.name) == ["part/conv2d"])
    let adam = try #require(model.optimizer as? Adam)
    #expect(adam.clipping == .norm(1) && adam.learningRate.constant == 0.01 && model.steps == 1)
    #expect(model.objectives.map { $0.metrics.map(\.name) } == [["accuracy"]])
    try check(model.network, "keras2_model")
    let run = try NumPyArchive(contentsOf: fixture("keras2_model.npz"))
    func tensor(_ name: String) throws -> Tensor { try run.array(named: name).tensor() }
    let samples = try ArrayDataset(inputs: [tensor("inputs")], targets: [tensor("targets")])
    for loss in try tensor("losses").elements {
      #expect(abs(try model.trainOnBatch(samples).loss - Double(loss)) < 2e-5)
    }
  }

  private static let layers = ProcessInfo.processInfo.environment["PINION_KERAS2_FOLDER"]

  /// What `make_keras2.py --layers FOLDER` wrote: a network for each layer.
  @Test(.enabled(if: layers != nil)) func everyLayerIsRead() throws {
    let folder = URL(filePath: Self.layers ?? "")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    var count = 0
    for file in files where file.hasSuffix(".h5") {
      do {
        try expectOutputs(
          of: Network(keras: folder.appending(path: file)),
          in: folder.appending(path: file.replacing(".h5", with: ".npz")))
      } catch {
        Issue.record("\(file): \(error)")
      }
      count += 1
    }
    #expect(count > 40)
  }

  /// The file of Keras 3 has what its `.keras` file has.
  @Test func modelsOfKeras3AreThoseOfTheOtherFormat() throws {
    let model = try Model(keras: fixture("keras_nested.h5"), threads: 1)
    let other = try Model(keras: fixture("keras_nested.keras"), threads: 1)
    #expect(model.graph.summary() == other.graph.summary())
    #expect(model.network.weights.trainable.array == other.network.weights.trainable.array)
    #expect(model.network.weights.nonTrainable.array == other.network.weights.nonTrainable.array)
    let (state, expected) = (model.optimizerState, other.optimizerState)
    #expect(state.step == 1 && state.scalars == expected.scalars)
    #expect(state.slots.map { $0.view.array } == expected.slots.map { $0.view.array })
    #expect(model.objectives.map(\.weight) == [1, 0.5])
  }

  /// Names of a fixed size, and lists in parts.
  @Test func weightsOfOldVersions() throws {
    let network = Network(
      try Sequential(input: [6, 6, 3]) {
        Conv2D(4, kernel: 3, activation: .relu)
        BatchNormalization()
        MaxPool2D()
        Flatten()
        Dense(3, activation: .softmax)
      }, seed: 1)
    try network.loadKerasWeights(from: fixture("keras2_weights.h5"))
    try check(network, "keras2_weights")
    let error = #expect(throws: FileError.self) {
      try Network(keras: fixture("keras2_weights.h5"))
    }
    #expect(error?.place == "attribute model_config" && error?.found == "weights alone")
  }

  @Test func weightsOfWholeModels() throws {
    let network = try Network(keras: fixture("keras2_model.h5"))
    let copy = Network(network.graph, seed: 2)
    try copy.loadKerasWeights(from: fixture("keras2_model.h5"))
    #expect(copy.weights.trainable.array == network.weights.trainable.array)
    #expect(copy.weights.nonTrainable.array == network.weights.nonTrainable.array)
    let other = Network(try Sequential(input: [3]) { Dense(2) }, seed: 1)
    let before = other.weights.trainable.array
    let error = #expect(throws: FileError.self) {
      try other.loadKerasWeights(from: fixture("keras2_model.h5"))
    }
    #expect(error?.expected == "1 layers with parameters" && error?.found == "5")
    #expect(other.weights.trainable.array == before)
  }

  /// A file with bytes in the place of others of the same number, wherever these are.
  private func write(
    _ old: String, _ new: String, in name: String = "keras2_model.h5"
  ) throws -> URL {
    var data = try Data(contentsOf: fixture(name))
    #expect(old.utf8.count == new.utf8.count)
    let range = try #require(data.range(of: Data(old.utf8)), "\(old)")
    data.replaceSubrange(range, with: Data(new.utf8))
    let url = scratch.url.appending(path: "changed.h5")
    try data.write(to: url)
    return url
  }

  @Test func whatIsNotSupportedIsNamed() throws {
    let error = #expect(throws: KerasError.self) {
      try Network(keras: write(#""class_name": "Dropout""#, #""class_name": "Lambdas""#))
    }
    #expect(error == .unsupported(["dropout (Lambdas): no such layer"]))
    // Another function in Keras 2 than in Keras 3.
    let hard = #expect(throws: KerasError.self) {
      try Network(
        keras: write(
          #""units": 3, "activation": "softmax", "use_bias": true"#,
          #""units":3,"activation":"hard_sigmoid","use_bias":true"#))
    }
    #expect(hard == .unsupported([#"dense (Dense): activation: "hard_sigmoid of Keras 2""#]))
    // A list of the arrays' names is not where it should be, or names others.
    for (old, new) in [
      ("weight_names", "weight_games"), ("GCOL", "GCOT"), ("dense/kernel:0", "dense/kernel:1"),
      ("multi_head_attention/query/kernel:0", "multi_head_attention/query/kernel:9"),
    ] {
      let error = #expect(throws: FileError.self) { try Network(keras: write(old, new)) }
      #expect(error != nil, "\(new) is read")
    }
    // Without the state of the optimizer, which is the initial one then.
    let model = try Model(keras: write("iteration:0", "iterating:0"), threads: 1)
    #expect(model.steps == 0)
  }

  private func source(_ url: URL) throws -> HDF5File {
    let reader = try FileReader(url)
    return try HDF5File(reader, in: 0..<reader.size)
  }

  /// A group would be read for each of its names, however large it is.
  @Test func layersOfOneNameAreRefused() throws {
    let file = try source(write("flattendense_1", "dense_1dense_1", in: "keras2_weights.h5"))
    let error = #expect(throws: FileError.self) { try KerasListFile(file) }
    #expect(error?.place == "attribute layer_names" && error?.found == #"a second "dense_1""#)
  }

  /// All lists together, since groups of several names may be one.
  @Test func bytesReadForAttributesAreLimited() throws {
    let file = try source(fixture("keras2_weights.h5"))
    let names = try file.strings("layer_names", of: "")
    #expect(names?.suffix(2) == ["flatten", "dense_1"])
    let error = #expect(throws: FileError.self) {
      for _ in 0..<100_000 { _ = try file.strings("layer_names", of: "") }
    }
    #expect(error?.found == "objects that share them")
  }

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

  @Test(arguments: ["keras2_model.h5", "keras_nested.h5"]) func brokenFiles(name: String) throws {
    let files = try BrokenFiles(fixture: name, read: Self.read)
    try files.expectTruncationsRefused(step: 7_001)
    try files.expectMutationsHandled(60)
    // The header of the root with its attributes, and the first heap of texts.
    try files.expectLimitsHandled(step: 41, in: 96..<1_200)
    let heap = Data(files.original).range(of: Data("GCOL".utf8))?.lowerBound ?? 0
    #expect(heap > 0)
    try files.expectLimitsHandled(step: 5, in: heap..<heap + 64)
  }

  @Test func brokenTexts() throws {
    let files = try BrokenFiles(fixture: "keras2_weights.h5") { url in
      let source = try HDF5File(FileReader(url), in: 0..<FileReader(url).size)
      _ = try KerasListFile(source)
    }
    try files.expectMutationsHandled(500)
    try files.expectLimitsHandled(step: 97)
  }
}
