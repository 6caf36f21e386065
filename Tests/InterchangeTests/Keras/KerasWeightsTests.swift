import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Weights of Keras beside what `make_keras.py` computed with them.
@Suite struct KerasWeightsTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func fixture(_ name: String) -> URL {
    Fixture.folder.appending(path: "interchange/keras_\(name)")
  }

  private func network(_ name: String, seed: UInt64 = 1) throws -> Network {
    guard name == "graph" else {
      let chain = try Sequential(input: [8, 8, 3]) {
        Conv2D(4, kernel: 3, padding: .same, activation: .relu)
        BatchNormalization()
        Dropout(0.5)
        DepthwiseConv2D(kernel: 3, activation: LeakyReLU(negativeSlope: 0.3))
        Conv2D(3, kernel: 1, usesBias: false)
        MaxPool2D()
        Flatten()
        Dense(5, activation: .tanh)
        LayerNormalization()
        Dense(3, activation: .softmax)
      }
      return Network(chain, seed: seed)
    }
    func convolution(_ x: SymbolicTensor) -> SymbolicTensor {
      Conv2D(4, kernel: 3, padding: .same)(x)
    }
    let input = Input([6, 6, 4])
    var x = convolution(input)
    let shortcut = convolution(x)
    var y = PReLU(sharedAxes: [1, 2])(convolution(x))
    y = convolution(BatchNormalization(center: false)(y))
    x = Reshape([36, 4])(Add()(y, shortcut))
    x = MultiHeadAttention(2, keyDim: 3)(x, x)
    return Network(
      try Graph(input: input, output: Dense(2)(GlobalAveragePooling1D()(x))), seed: seed)
  }

  private func check(_ network: Network, _ name: String) throws {
    try expectOutputs(of: network, in: fixture("\(name).npz"))
  }

  @Test(arguments: [
    ("chain", "chain.weights.h5"), ("graph", "graph.weights.h5"), ("chain", "chain.keras"),
  ]) func weightsAreThose(name: String, file: String) throws {
    let network = try network(name)
    try network.loadKerasWeights(from: fixture(file))
    try check(network, name)
  }

  /// `make_keras.py --check FOLDER FIXTURES` loads the files in Keras if the folder is named by
  /// PINION_KERAS_FOLDER.
  @Test(arguments: ["chain", "graph"]) func writtenWeightsAreRead(name: String) throws {
    let folder =
      ProcessInfo.processInfo.environment["PINION_KERAS_FOLDER"].map { URL(filePath: $0) }
      ?? scratch.url
    let file = folder.appending(path: "\(name).weights.h5")
    let network = try network(name)
    try network.loadKerasWeights(from: fixture("\(name).weights.h5"))
    try network.saveKerasWeights(to: file)
    let twin = try self.network(name, seed: 2)
    try twin.loadKerasWeights(from: file)
    #expect(twin.weights.trainable.array == network.weights.trainable.array)
    #expect(twin.weights.nonTrainable.array == network.weights.nonTrainable.array)
  }

  @Test func otherNetworksAreNamed() throws {
    let network = Network(try Sequential(input: [3]) { Dense(2) }, seed: 1)
    let before = network.weights.trainable.array
    let error = #expect(throws: FileError.self) {
      try network.loadKerasWeights(from: fixture("chain.weights.h5"))
    }
    #expect(error?.place == "array \"layers/dense/vars/0\"")
    #expect(error?.found == "shape (27, 5)")
    #expect(network.weights.trainable.array == before)
  }

  @Test func namesOfClasses() {
    let names = [
      "Conv2D": "conv2d", "BatchNormalization": "batch_normalization", "PReLU": "p_re_lu",
      "MaxPooling2D": "max_pooling2d", "GlobalAveragePooling1D": "global_average_pooling1d",
      "RMSNormalization": "rms_normalization", "SeparableConv2D": "separable_conv2d",
    ]
    for (name, expected) in names { #expect(KerasModel.snakeCase(name) == expected) }
  }

  /// Of a size whose bits exceed 32 bits.
  @Test func anElementTypeOfTooManyBytesIsSkipped() throws {
    var bytes = [UInt8](try Data(contentsOf: fixture("chain.weights.h5")))
    // Class 1, bits, four bytes in all, offset 0 and precision 32 (HDF5 file format, IV.A.2.d).
    let type: [UInt8] = [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0, 0, 0, 32, 0]
    let start = try #require(bytes.firstRange(of: type)?.lowerBound)
    for size: [UInt8] in [[0, 0, 0, 0x20], [4, 0, 0, 0x20], [255, 255, 255, 255]] {
      bytes.replaceSubrange(start + 4..<start + 8, with: size)
      let url = scratch.url.appending(path: "size.weights.h5")
      try Data(bytes).write(to: url)
      let reader = try FileReader(url)
      let entries = try HDF5File(reader, in: 0..<reader.size).entries
      #expect(entries.count == 14)
    }
  }

  @Test func brokenFiles() throws {
    let files = try BrokenFiles(fixture: "keras_graph.weights.h5") { url in
      let reader = try FileReader(url)
      let file = try HDF5File(reader, in: 0..<reader.size)
      for (path, entry) in file.entries {
        var tensor = Tensor.zeros(entry.shape)
        try tensor.mutate { try file.read(path, entry, into: $0) }
      }
    }
    try files.expectTruncationsRefused(step: 211)
    try files.expectMutationsHandled(500)
  }
}
