import Foundation
import Pinion
import PinionImages
import Testing

/// The program in Documentation/FineTuning.md, `photographs`, on a folder of drawn images.
@Suite final class FineTuningTests {
  /// What images show on noise.
  private enum Figure: String {
    case bar, column, ring, cross, disk
  }

  private let root = FileManager.default.temporaryDirectory
    .appending(path: "pinion-consumer-fine-tuning-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: root) }

  /// Writes images of several sizes, with figures of random places and brightness, to a folder for
  /// each figure.
  private func draw(
    _ counts: [Figure: Int], to folder: String, seed: UInt64
  ) throws -> URL {
    let album = root.appending(path: folder)
    for (figure, count) in counts {
      let classFolder = album.appending(path: figure.rawValue)
      try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
      for number in 0..<count {
        let stream = RandomStream(seed: seed, purpose: figure.rawValue, number)
        try PNG.write(
          image(of: figure, stream), to: classFolder.appending(path: "\(number).png"))
      }
    }
    return album
  }

  private func image(of figure: Figure, _ stream: RandomStream) -> PixelImage {
    let side = 32 + Int(stream.bits(at: 0)[0] % 17)
    let draws = (0..<3).map { stream.substream(1).uniform(at: UInt64($0))[0] }
    let noise = Tensor.uniform(shape: [side, side, 3], from: stream.substream(2)).elements
    let center = draws[0..<2].map { Float(side) * (0.4 + 0.2 * $0) }
    let radius = Float(side) / 4
    let pixels = (0..<side * side).flatMap { place in
      let (dy, dx) = (Float(place / side) - center[0], Float(place % side) - center[1])
      let distance = (dy * dy + dx * dx).squareRoot()
      let isInside =
        switch figure {
        case .bar: abs(dy) < 3
        case .column: abs(dx) < 3
        case .ring: abs(distance - radius) < 2.5
        case .cross: min(abs(dx), abs(dy)) < 2.5 && distance < radius
        case .disk: distance < radius
        }
      return (0..<3).map { channel in
        UInt8(90 * noise[place * 3 + channel] + (isInside ? 100 + 60 * draws[2] : 0))
      }
    }
    return PixelImage(width: side, height: side, channels: 3, bytes: pixels)
  }

  /// A network that tells bars, columns and rings apart, in a file.
  private func pretrain() throws -> URL {
    let album = try draw([.bar: 60, .column: 60, .ring: 60], to: "others", seed: 1)
    let data = try ImageFolder.load(album, height: 32, width: 32).dataset
    let model = try Model(
      Sequential(input: [32, 32, 3]) {
        Conv2D(8, kernel: 5, padding: .same, activation: .relu)
        MaxPool2D()
        BatchNormalization()
        Conv2D(16, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(16, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Flatten(name: "features")
        Dense(3, activation: .softmax)
      }, optimizer: Adam(learningRate: 0.003), seed: 2)
    let history = try model.fit(data, epochs: 6, batchSize: 20, verbose: false)
    #expect(try #require(history["accuracy"].last) > 0.9)
    let file = root.appending(path: "pretrained.safetensors")
    try model.saveWeights(to: file)
    return file
  }

  private func run(_ arguments: [URL]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "photographs")
    process.arguments = arguments.map(\.path)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return output
  }

  @Test func programLearnsAndKeepsTheBackbone() throws {
    let pretrained = try pretrain()
    let folder = root.appending(path: "photographs")
    _ = try draw([.disk: 72, .cross: 24], to: "photographs/train", seed: 3)
    let test = try draw([.disk: 30, .cross: 30], to: "photographs/test", seed: 4)
    try Data("no image".utf8).write(to: folder.appending(path: "train/disk/broken.png"))
    let file = root.appending(path: "photographs.safetensors")

    let output = try run([folder, pretrained, file])

    #expect(output.contains("not read: ") && output.contains("broken.png"))
    #expect(output.contains("backbone (Sequential)"))
    // Early stopping ended it.
    #expect(output.contains("Epoch 11/50") && !output.contains("Epoch 50/50"))
    let network = try Network(contentsOf: file)
    #expect(network.classNames == ["cross", "disk"])
    let before = try Network(contentsOf: pretrained)
    var kept = 0
    for entry in before.weights.entries where !entry.name.hasPrefix("dense") {
      let after = try #require(network.weights["backbone/" + entry.name])
      #expect(after.array == before.weights.view(of: entry).array, "\(entry.name)")
      kept += 1
    }
    #expect(kept == 10)

    let model = try Model(network, metrics: [Accuracy(), AUC(classIndex: 1)])
    let data = try ImageFolder.load(test, height: 32, width: 32, classes: model.classNames).dataset
    let evaluation = try model.evaluate(data)
    #expect(try #require(evaluation.accuracy) > 0.85)
    #expect(try #require(evaluation["auc"]) > 0.95)
    // The program's own evaluation, matrix and report.
    let matrix = try model.confusionMatrix(of: data)
    #expect(matrix.accuracy == evaluation.accuracy)
    #expect(output.contains("\(matrix)\n\n\(ClassificationReport(matrix))"))

    let further = try tuned(model, on: data)
    #expect(further.network.weights["backbone/conv2d/kernel"]?.array != nil)
    #expect(
      further.network.weights["backbone/conv2d/kernel"]?.array
        != model.network.weights["backbone/conv2d/kernel"]?.array)
    #expect(further.classNames == model.classNames)
    #expect(try #require(further.evaluate(data).accuracy) >= 0.85)
  }

  private func tuned(_ model: Model, on augmented: ImageDataset) throws -> Model {
    let tuned = try Model(
      model.network.unfreezing("backbone"), optimizer: AdamW(learningRate: 1e-4))
    try tuned.fit(augmented, epochs: 5, batchSize: 16, classWeight: .balanced)
    return tuned
  }
}
