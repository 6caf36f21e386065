import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionData

@Suite struct FashionMNISTTests {
  static let isInstalled = (try? FashionMNIST.files()) != nil

  @Test func theTenClasses() {
    #expect(
      FashionMNIST.classNames == [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
      ])
  }

  @Test(.enabled(if: isInstalled, "Fashion-MNIST is not installed"))
  func theRealImages() throws {
    let (train, test) = try FashionMNIST.load()
    for (dataset, count) in [(train, 60_000), (test, 10_000)] {
      #expect(dataset.count == count)
      #expect(dataset.inputShape == [28, 28, 1])
      #expect(dataset.targetShape == [1])
      #expect(dataset.classNames == FashionMNIST.classNames)
      // The data set is balanced.
      for label in 0..<10 {
        #expect(dataset.labels.count { $0 == label } == count / 10)
      }
    }
    #expect(train.labels.prefix(10) == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
    #expect(test.labels.prefix(10) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
    // The mean and the standard deviation that the community normalizes by.
    let mean = Double(train.pixels.reduce(0) { $0 + Int($1) }) / Double(train.pixels.count) / 255
    #expect(abs(mean - 0.2860) < 5e-5)
    let input = train.input(0)
    #expect(input[0] == 0)
    #expect(input.max() == 1)
    #expect(try FashionMNIST.files().all.count == 4)
  }

  @Test func filesOfTheRightFormButEmptyImages() throws {
    let folder = try TemporaryFolder()
    func write(_ name: String, count: Int, height: UInt32 = 28) throws {
      let size = [UInt32(count), height, 28]
      let pixels = [UInt8](repeating: 3, count: count * Int(height) * 28)
      try folder.write(gzip(idx(size, pixels), level: 1), to: "\(name)-images-idx3-ubyte.gz")
      let labels = [UInt8](repeating: 9, count: count)
      try folder.write(idx([UInt32(count)], labels), to: "\(name)-labels-idx1-ubyte")
    }
    func load() throws -> (train: ImageDataset, test: ImageDataset) {
      try FashionMNIST.load(from: folder.url)
    }
    #expect(throws: DatasetNotFound.self) { try load() }
    try write("train", count: 60_000)
    let missing = #expect(throws: FileError.self) { try load() }
    #expect(missing?.found == "no such file")
    try write("t10k", count: 10_000)
    let (train, test) = try load()
    #expect(train.count == 60_000 && test.count == 10_000)
    #expect(test.input(9_999) == [Float](repeating: 3 / 255, count: 784))
    #expect(test.target(9_999) == [9])
    let files = try FashionMNIST.files(in: folder.url)
    #expect(files.test[0].lastPathComponent == "t10k-images-idx3-ubyte.gz")
    #expect(files.all.last?.lastPathComponent == "t10k-labels-idx1-ubyte")

    try write("t10k", count: 9_999)
    #expect(try #require(throws: FileError.self) { try load() }.found == "(9999, 28, 28)")
    try write("t10k", count: 10_000, height: 29)
    #expect(try #require(throws: FileError.self) { try load() }.found == "(10000, 29, 28)")
    try write("t10k", count: 10_000)
    try folder.write(
      idx([10_000], [UInt8](repeating: 10, count: 10_000)), to: "t10k-labels-idx1-ubyte")
    #expect(try #require(throws: FileError.self) { try load() }.place == "label 0")
  }
}
