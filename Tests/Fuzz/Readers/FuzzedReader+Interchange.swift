import Foundation
import Pinion
import PinionInterchange

/// Readers of files of other libraries.
extension FuzzedReader {
  static let interchange: [FuzzedReader] = [
    FuzzedReader(
      "npy", .npy, tokens: ["'descr'", "'<f4'", "'|b1'", "True", "(1,)", "'>i8'"],
      seeds: { _ in try NumPySeeds.arrays }, refusals: { _ in try NumPySeeds.wrongArrays },
      read: { url in try NumPyBody.read(NumPyArray(contentsOf: url), url) }),
    FuzzedReader(
      "zip", .zip { $0.hasSuffix(".npy") ? .npy : nil }, seeds: NumPySeeds.archives,
      refusals: { _ in NumPySeeds.wrongArchives }, read: NumPyBody.readArchive),
    FuzzedReader(
      "pickle", .zip(),
      tokens: [
        "ctorch._utils\n_rebuild_tensor_v2\n", "ccollections\nOrderedDict\n", "(", ")R", ".",
      ], seeds: { _ in try PickleSeeds.valid }, refusals: { _ in PickleSeeds.refusals },
      read: { url in
        let weights = try PyTorchWeights(contentsOf: url)
        for entry in weights.tensors {
          let tensor = try weights.tensor(named: entry.name)
          try Expect.that(tensor.shape == entry.shape, "another shape")
        }
        try Expect.refusal(of: "an absent tensor", url) {
          _ = try weights.tensor(named: "\(weights.tensors.count) tensors")
        }
      },
      once: { url in
        for pickle in PickleSeeds.excessive {
          try Data(PickleSeeds.file(pickle, isDeflated: true)).write(to: url)
          try Expect.refusal(of: "a pickle that takes too much memory", url) {
            _ = try PyTorchWeights(contentsOf: url)
          }
        }
      }),
    FuzzedReader(
      "onnx", .protobuf,
      tokens: ["Conv", "Gemm", "Relu", "Add", "Reshape", "MatMul", "Softmax", "Transpose"],
      seeds: ONNXSeeds.valid, refusals: { _ in ONNXSeeds.refusals },
      read: { url in
        let network = try Network(onnx: url)
        let again = url.deletingLastPathComponent().appending(path: "again")
        try network.exportONNX(to: again)
        // Not all formulas that are written are recognized as layers.
        do {
          let copy = try Network(onnx: again)
          try Expect.that(
            copy.graph.inputShapes == network.graph.inputShapes
              && copy.graph.outputShapes == network.graph.outputShapes, "other shapes")
        } catch ONNXError.unsupportedNodes {}
      }),
    FuzzedReader(
      "hdf5", seeds: KerasSeeds.weights, refusals: { _ in try KerasSeeds.wrongWeights }
    ) { url in
      let network = try KerasSeeds.network.get()
      try network.loadKerasWeights(from: url)
      let again = url.deletingLastPathComponent().appending(path: "again")
      try network.saveKerasWeights(to: again)
      let copy = network.copy()
      try copy.loadKerasWeights(from: again)
      try Expect.same(
        copy.weights.trainable.array, network.weights.trainable.array, "the saved weights")
    } once: { url in
      try Data(HDF5Seeds.sharedHeader(count: 20_000)).write(to: url)
      try Expect.refusal(of: "a header that many objects share", url) {
        try KerasSeeds.network.get().loadKerasWeights(from: url)
      }
    },
    FuzzedReader(
      "keras", .zip(), tokens: numbers + layers, seeds: KerasSeeds.models,
      refusals: KerasSeeds.wrongModels, read: KerasBody.read),
  ]
}
