import Foundation
import Pinion
import PinionImages
import Testing

/// The code about image files in Documentation/Training.md.
@Suite final class ImageGuideTests {
  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appending(path: "pinion-consumer-images-\(UUID().uuidString)")
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  /// A folder with images of one color per class, in several sizes.
  private func album(_ name: String, _ classes: [String]) throws -> URL {
    let colors: [String: [UInt8]] = [
      "0": [250, 20, 20], "90": [20, 250, 20], "180": [20, 20, 250], "270": [200, 200, 20],
    ]
    let album = root.appending(path: name)
    for name in classes {
      let folder = album.appending(path: name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for number in 0..<5 {
        let side = 8 + number
        let pixels = (0..<side * side).flatMap { _ in colors[name] ?? [] }
        try PNG.write(
          PixelImage(width: side, height: side, channels: 3, bytes: pixels),
          to: folder.appending(path: "\(number).png"))
      }
    }
    return album
  }

  @Test func foldersAndFilesTrainANetwork() throws {
    let file = root.appending(path: "weights.safetensors")
    let folder = try album("training", ["0", "90", "180", "270"])
    let network = try Sequential(input: [32, 32, 3]) {
      MaxPool2D(8)
      Flatten()
      Dense(4, activation: .softmax)
    }
    let trained = try Model(
      network, optimizer: Adam(learningRate: 0.02), loss: .categoricalCrossEntropy)
    try train(trained, on: folder)
    try trained.saveWeights(to: file)
    let lacking = try album("test", ["0", "90", "270"])
    let photograph = lacking.appending(path: "270/3.png")
    let (accuracy, probabilities) = try test(file, lacking, photograph)
    #expect(accuracy == 1)
    // The order of the class names' bytes: 0, 180, 270, 90.
    #expect(probabilities.shape == [1, 4])
    #expect(probabilities.elements.max() == probabilities.elements[2])
  }

  private func train(_ model: Model, on folder: URL) throws {
    let photographs = try ImageFolder.load(folder, height: 32, width: 32, encoding: .oneHot)
    try model.fit(photographs.dataset, epochs: 30, batchSize: 20, verbose: false)
    print(photographs.unreadable, photographs.skipped, photographs.emptyClasses)
    let lazily = try ImageFolderDataset(
      folder, height: 32, width: 32, encoding: .oneHot, cache: .memory)
    try model.fit(lazily, epochs: 2, onReadFailure: .skip(limit: 10), verbose: false)
  }

  private func test(_ file: URL, _ folder: URL, _ photograph: URL) throws -> (Double?, Tensor) {
    let model = try Model(contentsOf: file, loss: .categoricalCrossEntropy)
    let test = try ImageFolder.load(
      folder, height: 32, width: 32, classes: model.classNames, encoding: .oneHot
    ).dataset
    let accuracy = try model.evaluate(test).accuracy
    let images = try Tensor(imageFiles: [photograph], height: 32, width: 32)
    let probabilities = try model.predict(images)
    return (accuracy, probabilities)
  }
}
