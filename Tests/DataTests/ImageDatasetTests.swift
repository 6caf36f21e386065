import PinionData
import PinionTensor
import Testing

@Suite struct ImageDatasetTests {
  @Test func everyByteBecomesItsShareOf255() throws {
    let images = try ImageDataset(
      pixels: (0...255).map { UInt8($0) }, imageShape: [16, 16, 1], labels: [0], classNames: ["a"])
    #expect(images.input(0) == (0...255).map { Float($0) / 255 })
  }

  @Test func imagesLieOneAfterTheOther() throws {
    let images = try ImageDataset(
      pixels: Array(0..<24), imageShape: [2, 2, 3], labels: [2, 0] as [UInt8],
      classNames: ["a", "b", "c"])
    #expect(images.count == 2)
    #expect(images.inputShape == [2, 2, 3])
    #expect(images.input(1) == (12..<24).map { Float($0) / 255 })
    #expect(images.labels == [2, 0])
    #expect(images.classNames == ["a", "b", "c"])
  }

  @Test func labelsAreIndicesOrOneHot() throws {
    let images = try ImageDataset(
      pixels: [1, 2], imageShape: [1, 1, 1], labels: [2, 0], classNames: ["a", "b", "c"])
    #expect(images.targetShape == [1])
    #expect(images.target(0) == [2])
    let oneHot = images.oneHot()
    #expect(oneHot.targetShape == [3])
    #expect(oneHot.target(0) == [0, 0, 1])
    #expect(oneHot.target(1) == [1, 0, 0])
    #expect(oneHot.input(1) == images.input(1))
    #expect(oneHot.labels == images.labels)
  }

  @Test func anEmptySetOfImagesIsOne() throws {
    let images = try ImageDataset(
      pixels: [], imageShape: [2, 2, 1], labels: [Int](), classNames: ["a"])
    #expect(images.count == 0)
  }

  func error(
    pixels: Int = 8, shape: Shape = [2, 2, 1], labels: [Int] = [0, 1], names: [String] = ["a", "b"]
  ) -> ArgumentError? {
    #expect(throws: ArgumentError.self) {
      try ImageDataset(
        pixels: [UInt8](repeating: 0, count: pixels), imageShape: shape, labels: labels,
        classNames: names)
    }
  }

  @Test func whatDoesNotFitIsNamed() {
    #expect(
      error(pixels: 7)
        == ArgumentError(place: "image 1", expected: "4 bytes for the shape (2, 2, 1)", found: "3"))
    #expect(
      error(pixels: 12)
        == ArgumentError(
          place: "the number of labels", expected: "3 (one for each image)", found: "2"))
    #expect(
      error(labels: [0, 2]) == ArgumentError(place: "label 1", expected: "0...1", found: "2"))
    #expect(
      error(labels: [-1, 0]) == ArgumentError(place: "label 0", expected: "0...1", found: "-1"))
    #expect(error(names: [])?.place == "the class names")
  }

  @Test(arguments: [
    [], [8], [2, 2], [2, 2, 0], [2, -2, 1], [1 << 40, 1 << 40, 1], [2, 2, 1, 1],
  ])
  func shapesAreHeightWidthChannels(_ dimensions: [Int]) {
    #expect(error(shape: Shape(dimensions))?.place == "the image shape")
  }

  @Test func hugeLabelsAreErrors() {
    #expect(throws: ArgumentError(place: "label 0", expected: "0...0", found: "\(UInt64.max)")) {
      try ImageDataset(
        pixels: [1], imageShape: [1, 1, 1], labels: [UInt64.max], classNames: ["a"])
    }
  }
}
