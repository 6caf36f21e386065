import Foundation
import Pinion
import PinionInterchange
import Testing

/// The code of Documentation/Interchange.md.
@Suite struct InterchangeGuideTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func arraysOfNumPy() throws {
    let images = Tensor.uniform(shape: [3, 4, 4, 1], from: RandomStream(seed: 1, stream: 0))
    let labels = IndexTensor([0, 1, 2])
    let (npy, npz) = (folder.file("images.npy"), folder.file("data.npz"))
    try NumPyArray.write(images, to: npy)
    let copy = try NumPyArray(contentsOf: npy).tensor()
    try NumPyArchive.write(
      [.init("images", images), .init("labels", labels)], to: npz, isCompressed: true)
    let archive = try NumPyArchive(contentsOf: npz)
    let classes = try archive.array(named: "labels").tensor(as: Int32.self)
    #expect(copy == images)
    #expect(classes == labels)
  }

  @Test func weightsOfPyTorch() throws {
    let pt = Files.pinion.appending(path: "Tests/Fixtures/interchange/pytorch_chain.pt")
    let network = Network(
      try Sequential(input: [120]) {
        Dense(7, name: "features")
        Dense(4, name: "classes")
      })
    // The file has more modules, before those that the names give.
    let error = #expect(throws: FileError.self) {
      let weights = try PyTorchWeights(contentsOf: pt)
      print(try network.loadPyTorchWeights(weights, matching: .order))
    }
    #expect(error?.place == "tensor \"conv.weight\"")
    let weights = try PyTorchWeights(contentsOf: pt)
    let report = try network.loadPyTorchWeights(
      weights, matching: .names(["classes": "logits", "features": "dense"]))
    #expect(report.assignments.count == 4)
    #expect(report.unchangedParameters.isEmpty)
  }

  @Test func eventsOfTensorBoard() throws {
    let test = try ArrayDataset(inputs: [[0, 0], [0, 1]], labels: [0, 1], classes: 2)
    let samples = test
    let model = try Model(Sequential(input: [2]) { Dense(2, activation: .softmax) })
    let folder = self.folder.file("run")
    let board = TensorBoard(
      folder, batchInterval: 10, graphOf: model.graph, histogramsOf: model.network,
      gradients: { try model.gradients(of: samples) },
      hyperparameters: ["rate": 0.001, "optimizer": "adam"],
      onEpochEnd: { writer, epoch in
        try writer.confusionMatrix("confusion", model.confusionMatrix(of: test), step: epoch)
      })
    try model.fit(test, epochs: 2, callbacks: [board], verbose: false)
    let files = Files.all("v2", in: folder)
    #expect(files.map { $0.deletingLastPathComponent().lastPathComponent } == ["train"])
  }

  @Test func exportToONNX() throws {
    let model = try Model(Sequential(input: [2]) { Dense(2, activation: .softmax) })
    let onnx = folder.file("model.onnx")
    try model.exportONNX(to: onnx)
    let bytes = try Data(contentsOf: onnx)
    #expect(bytes.starts(with: [8, 8, 18, 6] + "Pinion".utf8))
    let classifier = try Network(onnx: onnx)
    #expect(classifier.graph.outputShape == [2])
  }

  @Test func networksOfKeras() throws {
    let model = try Model(
      Sequential(input: [2]) { Dense(3, activation: .softmax) }, optimizer: Adam())
    let keras = folder.file("model.keras")
    try model.saveKeras(to: keras)
    let copy = try Model(keras: keras)
    let network = try Network(keras: keras)
    #expect(copy.weights.trainable.array == model.weights.trainable.array)
    #expect(network.weights.trainable.array == model.weights.trainable.array)
    #expect(copy.optimizer is Adam)
  }

  @Test func weightsOfKeras() throws {
    let network = Network(try Sequential(input: [2]) { Dense(3) }, seed: 1)
    let before = network.weights.trainable.array
    let h5 = folder.file("a.weights.h5")
    try network.saveKerasWeights(to: h5)
    try network.loadKerasWeights(from: h5)
    #expect(network.weights.trainable.array == before)
  }
}
