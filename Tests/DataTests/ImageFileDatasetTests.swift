import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

/// Images that are read from IDX and CIFAR files sample by sample.
@Suite struct ImageFileDatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ $0 >> 3) }
  }

  func samples(_ dataset: some Dataset) -> [[Float]] {
    (0..<dataset.count).map { dataset.input($0) + dataset.target($0) }
  }

  @Test func idxFilesHaveTheImagesOfMemory() throws {
    let images = try folder.write(idx([5, 3, 4], bytes(60)), to: "images")
    let labels = try folder.write(idx([5], [2, 0, 1, 1, 0]), to: "labels")
    for encoding in [LabelEncoding.index, .oneHot] {
      let expected = try ImageDataset(
        idxImages: images, idxLabels: labels, classNames: ["a", "b", "c"], encoding: encoding)
      let dataset = try ImageFileDataset(
        idxImages: images, idxLabels: labels, classNames: ["a", "b", "c"], encoding: encoding)
      #expect(samples(dataset) == samples(expected))
      #expect(dataset.inputShape == [3, 4, 1] && dataset.targetShape == expected.targetShape)
      #expect(dataset.classNames == expected.classNames && dataset.valueRange == 0...1)
      let packed = try folder.write(gzip(Array(Data(contentsOf: labels))), to: "labels.gz")
      let other = try ImageFileDataset(
        idxImages: images, idxLabels: packed, classNames: ["a", "b", "c"], encoding: encoding)
      #expect(samples(other) == samples(expected))
    }
  }

  @Test func recordsAreInterleaved() throws {
    let shape: Shape = [2, 2, 3]
    let first = try folder.write([9, 1] + bytes(12) + [9, 0] + bytes(30).suffix(12), to: "1")
    let second = try folder.write([9, 2] + bytes(50).suffix(12), to: "2")
    let dataset = try ImageFileDataset(
      cifarRecords: [first, second], imageShape: shape, labelBytes: 2,
      classNames: ["a", "b", "c"])
    #expect(dataset.count == 3)
    #expect((0..<3).map { dataset.target($0) } == [[1], [0], [2]])
    for (index, planes) in [bytes(12), bytes(30).suffix(12), bytes(50).suffix(12)].enumerated() {
      let planes = Array(planes)
      let pixels = (0..<4).flatMap { pixel in
        (0..<3).map { Float(planes[$0 * 4 + pixel]) / 255 }
      }
      #expect(dataset.input(index) == pixels)
    }
    #expect(dataset.source(of: 2) == "\(second.path), image 0")
    let other = try ImageFileDataset(
      cifarRecords: [second.path], imageShape: shape, labelBytes: 2, label: 0,
      classNames: (0..<10).map(String.init))
    #expect(other.target(0) == [9])
    for threads in [1, 2, 3] {
      let loader = try BatchLoader(dataset, batchSize: 3, pool: ThreadPool(threads: threads))
      try loader.startEpoch(order: [2, 0, 1])
      let batch = try #require(try loader.next())
      #expect(batch.input.array == [2, 0, 1].flatMap { dataset.input($0) })
    }
  }

  @Test func otherFilesAreErrors() throws {
    func error(_ images: [UInt8], _ labels: [UInt8] = [0, 1]) throws -> String? {
      let images = try folder.write(images, to: "images")
      let labels = try folder.write(idx([UInt32(labels.count)], labels), to: "labels")
      let error = #expect(throws: FileError.self) {
        try ImageFileDataset(idxImages: images, idxLabels: labels, classNames: ["a", "b"])
      }
      return error?.place
    }
    let whole = idx([2, 3, 4], bytes(24))
    #expect(try error(gzip(whole)) == "the file")
    #expect(try error(Array(whole.dropLast())) == "the elements")
    #expect(try error(whole + [0]) == "the elements")
    #expect(try error(idx([2, 12], bytes(24))) == "the number of dimensions")
    #expect(try error(whole, [0, 2]) == "label 1")
    #expect(try error(whole, [0]) == "the dimensions")
    #expect(try error(Array(whole.prefix(9))) == "dimension 1")
    #expect(try error([0, 0, 8, 3] + [UInt8](repeating: 255, count: 12)) == "the elements")

    let shape: Shape = [2, 2, 1]
    let file = try folder.write([1] + bytes(4) + [2] + bytes(4), to: "records")
    let label = #expect(throws: FileError.self) {
      try ImageFileDataset(cifarRecords: [file], imageShape: shape, classNames: ["a", "b"])
    }
    #expect(label?.place == "the label of record 1" && label?.found == "2")
    let names = ["a", "b", "c"]
    let empty = try folder.write([], to: "empty")
    for file in [empty, try folder.write([1] + bytes(5), to: "cut")] {
      let size = #expect(throws: FileError.self) {
        try ImageFileDataset(cifarRecords: [file], imageShape: shape, classNames: names)
      }
      #expect(size?.place == "the size")
    }
    for (shape, labelBytes, label) in [([2, 2], 1, 0), ([2, 2, 1], 0, 0), ([2, 2, 1], 1, 1)]
      as [(Shape, Int, Int)]
    {
      #expect(throws: ArgumentError.self) {
        try ImageFileDataset(
          cifarRecords: [file], imageShape: shape, labelBytes: labelBytes, label: label,
          classNames: names)
      }
    }
    #expect(throws: ArgumentError.self) {
      try ImageFileDataset(cifarRecords: [String](), classNames: names)
    }
  }

  // A mapped file would end the process.
  @Test func filesThatAreCutWhileInUseAreErrors() throws {
    let file = try folder.write([1] + bytes(4) + [0] + bytes(4), to: "records")
    let dataset = try ImageFileDataset(
      cifarRecords: [file], imageShape: [2, 2, 1], classNames: ["a", "b"])
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 7)
    try handle.close()
    let loader = try BatchLoader(dataset)
    try loader.startEpoch()
    let error = #expect(throws: SampleError.self) { try loader.next() }
    #expect(error?.index == 1 && error?.source == "\(file.path), image 1")
    #expect(error?.underlying is FileError)
  }
}
