import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct MNISTTests {
  @Test func theTenClasses() {
    #expect(MNIST.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
  }

  @Test func theFilesAreThoseOfFashionMNISTInAFolderOfTheirOwn() throws {
    let folder = try TemporaryFolder()
    let missing = try #require(throws: DatasetNotFound.self) { try MNIST.load(from: folder.url) }
    #expect(missing.dataset == "MNIST")
    #expect(missing.searched == [folder.url.appending(path: "mnist").path, folder.url.path])
    for (name, count) in [("train", 60_000), ("t10k", 10_000)] {
      let pixels = [UInt8](repeating: 51, count: count * 784)
      try folder.write(
        gzip(idx([UInt32(count), 28, 28], pixels), level: 1),
        to: "mnist/\(name)-images-idx3-ubyte.gz")
      try folder.write(
        idx([UInt32(count)], [UInt8](repeating: 7, count: count)),
        to: "mnist/\(name)-labels-idx1-ubyte")
    }
    let (train, test) = try MNIST.load(from: folder.url)
    #expect(train.count == 60_000 && test.count == 10_000)
    #expect(train.classNames == MNIST.classNames)
    #expect(test.input(3) == [Float](repeating: 0.2, count: 784))
    #expect(test.target(3) == [7])
    #expect(
      try MNIST.files(in: folder.url).all.map(\.lastPathComponent) == [
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte",
      ])
  }
}
