import Foundation
import Pinion
import PinionInterchange

/// Readers of models, runs and files of other libraries.
extension FuzzedReader {
  package static let all = data + models + interchange

  private static let numbers = ["0", "-1", "1", "2", "null", "true", "[]", "{}", "\"a\"", "1e3"]
  private static let layers = [
    "\"Dense\"", "\"Conv2D\"", "\"Add\"", "\"Flatten\"", "\"Activation\"", "\"Dropout\"",
    "\"same\"", "\"valid\"", "\"inputs\"", "\"layer\"", "\"type\"", "\"configuration\"",
  ]
  private static let arrays = [
    "\"dtype\"", "\"shape\"", "\"data_offsets\"", "__metadata__", "\"F32\"", "\"F16\"", "\"BF16\"",
    "\"F64\"", "\"I64\"", "\"BOOL\"", "\"U8\"", "\\u0041", "\\ud800",
  ]

  static let models: [FuzzedReader] = [
    FuzzedReader("safetensors", .safetensors, tokens: numbers + arrays) { scratch in
      [
        try ModelSeeds.fixture("safetensors_official.safetensors"),
        try ModelSeeds.fixture("safetensors_pinion.safetensors"),
      ]
    } read: { url in
      let file = try SafeTensorsFile(contentsOf: url)
      for entry in file.entries { _ = try file.elements(of: entry.name) }
    },
    FuzzedReader("configuration", tokens: numbers + layers) { _ in
      try ModelSeeds.graphs().map { [UInt8](try $0.configuration()) }
    } read: { url in
      let graph = try Graph(configuration: Data(contentsOf: url))
      _ = graph.summary()
    },
    FuzzedReader("model", .safetensors, tokens: numbers + layers + arrays) { scratch in
      try ModelSeeds.graphs().map { graph in
        try Network(graph, seed: 1).save(to: scratch.url("model"))
        return try scratch.bytes("model")
      }
    } read: { url in
      _ = try Predictor(contentsOf: url, threads: 1)
      _ = try Model(contentsOf: url, threads: 1)
    },
    FuzzedReader("checkpoint", .safetensors, tokens: numbers + arrays) { scratch in
      try SmallRun.train(checkpoint: scratch.url("checkpoint"))
      return [try scratch.bytes("checkpoint")]
    } read: { url in
      try SmallRun.train(checkpoint: url)
    },
    FuzzedReader("history", tokens: ["epoch", "loss", "val_loss", ",", "\n"]) { scratch in
      let url = scratch.url("history")
      try SmallRun.train(logger: CSVLogger(url))
      return [try scratch.bytes("history"), []]
    } read: { url in
      try SmallRun.train(logger: CSVLogger(url, append: true))
    },
    FuzzedReader("report", fileName: "report.json", tokens: numbers) { scratch in
      let graph = try ModelSeeds.graphs()[0]
      var report = ExperimentReport(
        title: "A run", dataset: "data", network: "small", graph: graph,
        history: ModelSeeds.history)
      report.confusion = try ModelSeeds.confusion
      report.settings = [.init("Optimizer", "adam")]
      try report.write(to: scratch.folder)
      return [try scratch.bytes("report.json")]
    } read: { url in
      _ = try RunSummary(readingFrom: url.deletingLastPathComponent())
    },
  ]

  static let interchange: [FuzzedReader] = [
    FuzzedReader("npy", .npy, tokens: ["'descr'", "'<f4'", "'|b1'", "True", "(1,)", "'>i8'"]) { _ in
      try ["numpy_version1.npy", "numpy_version2.npy", "numpy_version3.npy"]
        .map { try ModelSeeds.fixture("interchange/\($0)") }
    } read: { url in
      try readElements(of: NumPyArray(contentsOf: url))
    },
    FuzzedReader("zip", .zip { $0.hasSuffix(".npy") ? .npy : nil }) { scratch in
      let entries: [NumPyArchive.Entry] = [
        .init("a", Tensor([[1, 2], [3, 4]])), .init("b/c", Tensor([0.5])),
      ]
      let files = try [false, true].map { isCompressed in
        try NumPyArchive.write(entries, to: scratch.url("zip"), isCompressed: isCompressed)
        return try scratch.bytes("zip")
      }
      return files + [try ModelSeeds.fixture("interchange/numpy_zip64.npz")]
    } read: { url in
      let archive = try NumPyArchive(contentsOf: url)
      for name in archive.names { try readElements(of: archive.array(named: name)) }
    },
    FuzzedReader(
      "pickle", .zip(),
      tokens: [
        "ctorch._utils\n_rebuild_tensor_v2\n", "ccollections\nOrderedDict\n", "(", ")R", ".",
      ]
    ) { _ in
      try ["pytorch_tensors.pt", "pytorch_attention.pt"]
        .map { try ModelSeeds.fixture("interchange/\($0)") }
    } read: { url in
      let weights = try PyTorchWeights(contentsOf: url)
      for entry in weights.tensors { _ = try weights.tensor(named: entry.name) }
    },
    FuzzedReader(
      "onnx", .protobuf,
      tokens: ["Conv", "Gemm", "Relu", "Add", "Reshape", "MatMul", "Softmax", "Transpose"]
    ) { scratch in
      let files = try ModelSeeds.graphs().map { graph in
        try Network(graph, seed: 1).exportONNX(to: scratch.url("onnx"))
        return try scratch.bytes("onnx")
      }
      let fixtures = [
        "keras_dynamo", "activations_dynamo", "mobilenet_script", "keras_attention", "heads_dynamo",
      ]
      return files + (try fixtures.map { try ModelSeeds.fixture("interchange/onnx_\($0).onnx") })
    } read: { url in
      _ = try Network(onnx: url)
    },
    FuzzedReader("hdf5") { scratch in
      try ModelSeeds.network.get().saveKerasWeights(to: scratch.url("hdf5"))
      return [
        try scratch.bytes("hdf5"), try ModelSeeds.fixture("interchange/keras_chain.weights.h5"),
      ]
    } read: { url in
      try ModelSeeds.network.get().loadKerasWeights(from: url)
    },
    FuzzedReader("keras", .zip(), tokens: numbers + layers) { scratch in
      let files = try ModelSeeds.graphs().map { graph in
        try Network(graph, seed: 1).saveKeras(to: scratch.url("keras"))
        return try scratch.bytes("keras")
      }
      return files + [try ModelSeeds.fixture("interchange/keras_chain.keras")]
    } read: { url in
      _ = try Network(keras: url)
      do { _ = try Model(keras: url, threads: 1) } catch KerasError.notCompiled {}
    },
  ]

  private static func readElements(of array: NumPyArray) throws {
    do {
      _ = try array.tensor(as: Double.self)
    } catch {
      _ = try array.tensor(as: Bool.self)
    }
  }
}
