import PinionData
import PinionTensor
import Testing
import VisualizationTestSupport

@testable import PinionVisualization

@Suite struct SampleGridTests {
  @Test func firstPredictionsMatchOutputs() throws {
    let images = try Samples.images(classes: ["a", "b", "c"], perClass: 4, shape: [4, 4, 1])
    let predictions = Prediction.first(of: images, outputs: Samples.outputs(for: images), limit: 5)
    #expect(predictions.map(\.actual) == ["a", "b", "c", "a", "b"])
    #expect(predictions.map(\.predicted) == ["a", "b", "c", "b", "b"])
    #expect(predictions.map(\.isCorrect) == [true, true, true, false, true])
    #expect(predictions.allSatisfy { $0.probability == 0.75 })
    #expect(predictions[3].image == PixelImage(images, at: 3))
    #expect(Prediction.first(of: images, outputs: Samples.outputs(for: images)).count == 12)
  }

  @Test func incorrectPredictionsAreMarked() throws {
    let image = PixelImage(
      width: 28, height: 28, channels: 1, bytes: .init(repeating: 0, count: 784))
    let right = Prediction(image: image, actual: "a", predicted: "a", probability: 0.5)
    let wrong = Prediction(image: image, actual: "a", predicted: "b", probability: 0.4)
    let grid = PredictionGrid([right, wrong])
    let texts = grid.drawing.texts.map(\.text)
    #expect(texts == ["✓ a", "50.0 %", "✗ b", "is a", "40.0 %"])
    #expect(grid.image.color(x: 0, y: 0) == Palette.green)
    #expect(grid.image.color(x: grid.image.width / 5 + 1, y: 0) == Palette.vermillion)
  }

  @Test(arguments: [0, 1, 4, 15, 16])
  func predictionTextsDoNotOverlap(count: Int) throws {
    let image = PixelImage(width: 2, height: 2, channels: 3, bytes: .init(repeating: 9, count: 12))
    let predictions = (0..<count).map { index in
      Prediction(
        image: image, actual: Samples.hostile, predicted: index % 2 == 0 ? Samples.hostile : "b",
        probability: index == 3 ? .nan : 1)
    }
    let drawing = PredictionGrid(predictions).drawing
    #expect(textFaults(of: drawing) == [])
    let check = XMLCheck(drawing.svg())
    #expect(check.fault == nil)
    #expect(check.count("image") == count)
  }

  @Test func samplesAreTheFirstOfEachClass() throws {
    let images = try Samples.images(classes: ["a", "b"], perClass: 30, shape: [4, 4, 3])
    let samples = ClassSamples.first(of: images, limit: 3)
    #expect(samples.map(\.name) == ["a", "b"])
    #expect(samples[1].images == [1, 3, 5].map { PixelImage(images, at: $0) })
    #expect(ClassSamples.first(of: images).map(\.images.count) == [10, 10])
  }

  @Test(arguments: [1, 10, 21, 100])
  func sampleTextsDoNotOverlap(classes: Int) throws {
    var names = Samples.names(classes)
    names[0] = Samples.hostile
    let images = try Samples.images(classes: names, perClass: 2, shape: [8, 8, 3])
    let grid = SampleGrid(ClassSamples.first(of: images))
    #expect(textFaults(of: grid.drawing) == [])
    #expect(XMLCheck(grid.drawing.svg()).count("image") == (classes > 20 ? classes : classes * 2))
  }

  /// Enlarged by their width, series of one channel would be 112 times as long.
  @Test func longImagesAreReduced() {
    let series = PixelImage(
      width: 1, height: 4_000, channels: 1, bytes: .init(repeating: 7, count: 4_000))
    let prediction = Prediction(image: series, actual: "a", predicted: "b", probability: 0.5)
    let images = [
      PredictionGrid([prediction]).image, SampleGrid([.init("a", images: [series, series])]).image,
    ]
    for image in images {
      #expect(image.height <= 168 + 12)
      #expect(image.width <= 5 * (1 + 12))
    }
    let drawings = [
      PredictionGrid([prediction]).drawing,
      SampleGrid([.init("a", images: [series, series])]).drawing,
      SampleGrid([.init("a", images: [series])]).drawing,
    ]
    let uri = series.thumbnail.dataURI
    for drawing in drawings { #expect(drawing.svg().contains(uri)) }
    let photograph = PixelImage(
      width: 300, height: 200, channels: 3, bytes: .init(repeating: 9, count: 180_000))
    let grid = SampleGrid([.init("a", images: [photograph, photograph])]).image
    #expect((grid.width, grid.height) == (2 * (150 + 4), 100 + 4))
  }

  @Test func equalNamesAreNumbered() throws {
    let images = try ImageDataset(
      pixels: [1, 2, 3], imageShape: [1, 1, 1], labels: [0, 1, 2], classNames: ["a", "a", "b"])
    let outputs = Tensor(shape: [3, 3], elements: [0, 1, 0, 0, 1, 0, 0, 0, 1])
    let predictions = Prediction.first(of: images, outputs: outputs)
    #expect(predictions.map(\.actual) == ["a [1]", "a [2]", "b"])
    #expect(predictions.map(\.isCorrect) == [false, true, true])
  }

  @Test func emptyClassesLeaveGaps() {
    let image = PixelImage(width: 4, height: 4, channels: 1, bytes: .init(repeating: 7, count: 16))
    let rows = SampleGrid([.init("a", images: [image, image]), .init("b", images: [])])
    #expect(rows.image.height == 2 * 12)
    let tiles = SampleGrid([.init("a", images: []), .init("b", images: [image])])
    #expect(tiles.image.color(x: 4, y: 4) == .white)
    #expect(tiles.image.color(x: 16, y: 4) == RGB(0x070707))
  }
}
