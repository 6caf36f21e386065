import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

/// Folders whose images are decoded when they are read.
@Suite struct ImageFolderDatasetTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for number in 0..<20 {
      let rows = [[UInt8(number), 10], [200, UInt8(3 * number)], [7, 9]]
      try folder.write(TestPNG.gray(rows).bytes, to: "\(number % 3)/\(100 + number).png")
    }
    try folder.write(Array("text".utf8), to: "1/notes")
    try folder.write(TestPNG.gray([[5]]).bytes, to: "2/unnamed")
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "4"), withIntermediateDirectories: true)
  }

  func open(
    _ cache: ImageFolderDataset.Cache = .none, encoding: LabelEncoding = .oneHot
  ) throws -> ImageFolderDataset {
    try ImageFolderDataset(
      folder.url, height: 4, width: 5, channels: 1, encoding: encoding, cache: cache)
  }

  /// Inputs and targets of an epoch.
  func epoch(
    _ dataset: some Dataset, onReadFailure: ReadFailurePolicy = .stop, threads: Int = 2
  ) throws -> ([Float], [Float]) {
    let loader = try BatchLoader(
      dataset, batchSize: 6, onReadFailure: onReadFailure, pool: ThreadPool(threads: threads))
    try loader.startEpoch(epoch: 0)
    var values: ([Float], [Float]) = ([], [])
    while let batch = try loader.next() {
      values.0 += batch.input.array
      values.1 += batch.target.array
    }
    return values
  }

  @Test func imagesAreThoseOfTheFolderInMemory() throws {
    for encoding in [LabelEncoding.index, .oneHot] {
      let expected = try ImageFolder.load(
        folder.url, height: 4, width: 5, channels: 1, encoding: encoding)
      let values = try epoch(expected.dataset)
      #expect(values.0.count == 21 * 20)
      for cache in [ImageFolderDataset.Cache.none, .memory] {
        let dataset = try open(cache, encoding: encoding)
        #expect(dataset.count == 21 && dataset.classNames == ["0", "1", "2", "4"])
        #expect(dataset.inputShape == [4, 5, 1])
        #expect(dataset.targetShape == expected.dataset.targetShape)
        #expect(dataset.skipped == expected.skipped && dataset.skipped.count == 1)
        #expect(dataset.emptyClasses == ["4"])
        for threads in [1, 2, 3] {
          #expect(try epoch(dataset, threads: threads) == values)
        }
      }
    }
  }

  @Test func imagesAreReadOnceIfTheyAreCached() throws {
    let (plain, cached) = (try open(), try open(.memory))
    let first = try epoch(cached)
    #expect(try epoch(plain) == first)
    for index in 0..<plain.count {
      try FileManager.default.removeItem(atPath: #require(plain.source(of: index)))
    }
    #expect(try epoch(cached) == first)
    let error = #expect(throws: SampleError.self) { try epoch(plain) }
    #expect(error?.index == 0 && error?.source?.hasSuffix("/0/100.png") == true)
    #expect(error?.underlying is FileError)
  }

  @Test func brokenImagesAreNamedWhenTheyAreRead() throws {
    let broken = Array(TestPNG.gray([[1, 2], [3, 4]]).bytes.prefix(40))
    try folder.write(broken, to: "1/101.png")
    try folder.link("2/gone.png", to: "nowhere")
    for cache in [ImageFolderDataset.Cache.none, .memory] {
      let dataset = try open(cache)
      #expect(dataset.count == 22)
      let error = #expect(throws: SampleError.self) { try epoch(dataset) }
      #expect(error?.source?.hasSuffix("/1/101.png") == true)
      let skipping = try epoch(dataset, onReadFailure: .skip(limit: 2))
      #expect(skipping.0.count == 20 * 20 && skipping.1.count == 20 * 4)
      #expect(throws: SampleError.self) { try epoch(dataset, onReadFailure: .skip(limit: 1)) }
    }
  }

  @Test func whatCannotBeOpenedIsAnError() throws {
    let empty = try TemporaryFolder()
    #expect(throws: FileError.self) {
      try ImageFolderDataset(empty.url, height: 4, width: 4)
    }
    try empty.write(Array("text".utf8), to: "a/notes.txt")
    let error = #expect(throws: FileError.self) {
      try ImageFolderDataset(empty.url, height: 4, width: 4)
    }
    #expect(error?.expected == "at least one image")
    #expect(throws: FileError.self) {
      try ImageFolderDataset(folder.url, height: 4, width: 4, classes: ["0", "1"])
    }
    for arguments in [(0, 4, 3), (4, -1, 3), (4, 4, 2)] {
      #expect(throws: ArgumentError.self) {
        try ImageFolderDataset(
          folder.url, height: arguments.0, width: arguments.1, channels: arguments.2)
      }
    }
    #expect(throws: ArgumentError.self) {
      try ImageFolderDataset(folder.url, height: 4, width: 4, classes: ["0", "0"])
    }
  }
}
