import Foundation
import Pinion
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport

/// The contents of pages besides the scores.
@Suite struct ReportContentsTests {
  private static let names = ["ant", "bee", "cat"]

  /// Twelve images of three classes as a custom data set, and outputs of which every fourth is
  /// incorrect.
  private func images() throws -> (ImageDataset, Tensor) {
    let images = try Samples.images(classes: Self.names, perClass: 4, shape: [4, 4, 1])
    return (images, Samples.outputs(for: images))
  }

  @Test func resultsOnAnyDatasetCanBeAdded() throws {
    let (images, outputs) = try images()
    var expected = try Samples.report(epochs: 1)
    try expected.add(test: images, outputs: outputs)
    let inputs = (0..<images.count).map { index -> [Float] in
      images.pixels[index * 16..<(index + 1) * 16].map { Float($0) / 255 }
    }
    for encoding in [LabelEncoding.index, .oneHot] {
      let arrays = try ArrayDataset(
        inputs: inputs, inputShape: [4, 4, 1], labels: images.labels, classes: 3,
        encoding: encoding)
      let kinds: [any Dataset] = [
        images.prefix(12), try images.oneHot().subset(Array(0..<12)), arrays,
      ]
      for dataset in kinds {
        var report = try Samples.report(epochs: 1)
        try report.add(test: dataset, outputs: outputs, classNames: Self.names)
        #expect(report.confusion == expected.confusion)
        #expect(report.predictions == expected.predictions)
        #expect(report.mistakes == expected.mistakes)
        #expect(report.samples == expected.samples)
      }
    }
  }

  @Test func imagesOfAnyScaleAreShown() throws {
    for (values, bytes): ([Float], [UInt8]) in [
      ([0, 0.2, 0.4, 1], [0, 51, 102, 255]), ([0, 51, 102, 255], [0, 51, 102, 255]),
      ([-2, -1, 0, 2], [0, 64, 128, 255]), ([-3e38, 0, 0, 3e38], [0, 128, 128, 255]),
    ] {
      let dataset = try ArrayDataset(
        inputs: [values], inputShape: [2, 2], labels: [0], classes: 2, encoding: .index)
      var report = try Samples.report(epochs: 1)
      try report.add(test: dataset, outputs: Tensor(shape: [1, 2], elements: [0.1, 0.9]))
      #expect(report.predictions.map(\.image.bytes) == [bytes])
      #expect(report.predictions.first?.predicted == "1")
    }
  }

  @Test func otherDataHaveScoresOnly() throws {
    let dataset = try ArrayDataset(
      inputs: [[1, 2], [3, 4], [5, 6]], inputShape: [2], labels: [0, 1, 1], classes: 2,
      encoding: .index)
    var report = try Samples.report(epochs: 1)
    // One output is the probability of the second class.
    try report.add(test: dataset, outputs: Tensor(shape: [3, 1], elements: [0.2, 0.9, 0.4]))
    #expect(report.confusion?.counts == [1, 0, 1, 1])
    #expect(report.predictions.isEmpty && report.mistakes.isEmpty && report.samples.isEmpty)
    #expect(!report.html().contains("<h2>Predictions"))
  }

  /// Logits would be shown as percentages, and the sign of a single one is no threshold of ½.
  @Test func outputsAreProbabilities() throws {
    let dataset = try ArrayDataset(
      inputs: [[1, 2], [3, 4]], inputShape: [2], labels: [0, 1], classes: 2, encoding: .index)
    var report = try Samples.report(epochs: 1)
    let before = report.confusion
    let cases: [(Shape, [Float], place: String, found: String)] = [
      ([2, 1], [0.5, -0.25], "output 1", "-0.25"), ([2, 1], [0.2, 3.5], "output 1", "3.5"),
      ([2, 2], [-2, -1, 0, 1], "output 0", "-1.0"), ([2, 2], [0, 1, 7, 2], "output 1", "7.0"),
      ([2, 2], [0, 1, .infinity, 0], "output 1", "inf"),
    ]
    for (shape, elements, place, found) in cases {
      let error = #expect(throws: ArgumentError.self) {
        try report.add(test: dataset, outputs: Tensor(shape: shape, elements: elements))
      }
      #expect(error?.place == place && error?.found == found, "\(elements)")
    }
    #expect(report.confusion == before)
    // Within rounding.
    try report.add(
      test: dataset, outputs: Tensor(shape: [2, 1], elements: [-0.000_000_1, 1.000_000_1]))
    #expect(report.confusion?.counts == [1, 0, 0, 1])
  }

  @Test func equalClassNamesAreNumbered() throws {
    let dataset = try ArrayDataset(
      inputs: [[1, 2], [3, 4]], inputShape: [1, 2], labels: [0, 1], classes: 2, encoding: .index)
    var report = try Samples.report(epochs: 1)
    try report.add(
      test: dataset, outputs: Tensor(shape: [2, 2], elements: [0, 1, 0, 1]),
      classNames: ["ant", "ant"])
    #expect(report.confusion?.classNames == ["ant [1]", "ant [2]"])
    #expect(report.predictions.map(\.isCorrect) == [false, true])
    #expect(report.mistakes.map(\.actual) == ["ant [1]"])
  }

  /// In "predicted as" and a Hebrew name, ": 6 of 6" would be shown before the name.
  @Test func namesDoNotReorderNumbers() throws {
    let page = try Samples.report(names: ["cat", "חתול"], epochs: 1).html()
    #expect(page.contains("<bdi>cat</bdi> predicted as <bdi>חתול</bdi>: "))
    let long = try Samples.report(names: Samples.names(20) + ["חתול"], epochs: 1).html()
    #expect(long.contains("<bdi>חתול</bdi>: "))
  }

  @Test func sharedLayersAreCountedOnce() throws {
    let inputs = [Input([8], name: "left"), Input([8], name: "right")]
    let encoder = Dense(16, name: "encoder")
    let graph = try Graph(
      inputs: inputs,
      outputs: [Dense(1, name: "same")(Add()(encoder(inputs[0]), encoder(inputs[1])))])
    let page = ExperimentReport(
      title: "pairs", dataset: "d", network: "n", graph: graph,
      history: Samples.history(epochs: 1)
    ).html()
    #expect(page.contains("<dt>Parameters</dt><dd>161"))
    for cell in ["144", "shared", "17"] {
      #expect(page.components(separatedBy: "<td class=\"number\">\(cell)</td>").count == 2)
    }
  }

  /// Series are images of one column; photographs have many pixels.
  @Test(arguments: [Shape([20_000, 1]), [400, 300, 3]])
  func largeInputsGiveSmallPages(shape: Shape) throws {
    let size = shape.elementCount
    let dataset = try ArrayDataset(
      inputs: (0..<20).map { sample in
        (0..<size).map { Float(($0 &* 7_919 + sample) % 101) / 100 }
      }, inputShape: shape, labels: (0..<20).map { $0 % 2 }, classes: 2, encoding: .index)
    var report = try Samples.report(epochs: 1)
    try report.add(
      test: dataset,
      outputs: Tensor(shape: [20, 2], elements: (0..<40).map { $0 % 2 == 0 ? 0.75 : 0.25 }))
    let folder = try TemporaryFolder()
    try report.write(to: folder.url)
    for name in ExperimentReport.fileNames {
      #expect(try #require(folder.bytes(name)).count < 5_000_000, "\(name)")
    }
  }

  @Test func mismatchedShapesThrow() throws {
    let (images, outputs) = try images()
    var report = try Samples.report(epochs: 1)
    let before = report.confusion
    var broken = outputs
    broken.mutate { for element in $0.indices { $0[element] = .nan } }
    #expect(throws: ArgumentError.self) { try report.add(test: images, outputs: broken) }
    let labels = try ArrayDataset(
      inputs: [0], inputShape: [1], targets: [3], targetShape: [1])
    #expect(throws: ArgumentError.self) {
      try report.add(test: labels, outputs: Tensor(shape: [1, 3], elements: [1, 0, 0]))
    }
    #expect(throws: ArgumentError.self) {
      try report.add(test: images, outputs: outputs, classNames: ["a", "b"])
    }
    #expect(report.confusion == before)
  }

  @Test func mostConfidentMistakesComeFirst() throws {
    let images = try Samples.images(classes: Self.names, perClass: 2, shape: [4, 4, 1])
    // Labels 0, 1, 2, 0, 1, 2.
    let outputs = Tensor(
      shape: [6, 3],
      elements: [
        0.9, 0.1, 0, 0.6, 0.4, 0, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0, 1, 0, 0.6, 0, 0.4,
      ])
    var report = try Samples.report(epochs: 1)
    try report.add(test: images, outputs: outputs)
    #expect(report.mistakes.map(\.probability) == [0.8, 0.6, 0.6, 0.4].map { Double(Float($0)) })
    #expect(report.mistakes.map(\.actual) == ["cat", "bee", "cat", "ant"])
    let page = report.html()
    #expect(page.contains("Most confident mistakes"))
    report.mistakes = []
    #expect(!report.html().contains("Most confident mistakes"))
  }

  @Test func provenanceIsOnPageAndInFile() throws {
    let date = Date(timeIntervalSince1970: 1_700_000_000)
    let provenance = RunProvenance.current(command: ["./cnn", "--name", "it's a"], date: date)
    #expect(provenance.date == "2023-11-14 22:13:20")
    #expect(provenance.command == "./cnn --name 'it'\\''s a'")
    #expect(provenance.version == PinionVersion.text)
    #expect(!provenance.processor.isEmpty && provenance.cores > 0)
    for strange in [Double.infinity, -.infinity, .nan, 1e300] {
      let date = Date(timeIntervalSince1970: strange)
      #expect(RunProvenance.current(command: [], date: date).date.isEmpty)
    }
    var report = try Samples.report(epochs: 2)
    report.provenance = RunProvenance(
      version: "1.2.3", command: "cnn --epochs 2", date: "2023-11-14 22:13:20",
      processor: "A Processor", cores: 2, blas: "0.3.21", kernels: "Zen")
    let page = report.html()
    for text in [
      "1.2.3", "cnn --epochs 2", "2023-11-14 22:13:20 UTC", "A Processor, 2 cores",
      "0.3.21, kernels for Zen",
    ] {
      #expect(page.contains(">\(text)<"), "\(text)")
    }
    let folder = try TemporaryFolder()
    try report.write(to: folder.url)
    let summary = try RunSummary(readingFrom: folder.url)
    #expect(summary.provenance == report.provenance)
    #expect(ComparisonReport([summary]).html().contains(">A Processor, 2 cores<"))
  }

  @Test func epochTableHasAllValues() throws {
    let page = try Samples.report(epochs: 12).html()
    #expect(page.contains("<summary>Metrics by epoch</summary>"))
    #expect(try Samples.report(epochs: 2_000).html().contains("Metrics of 1 in 4 epochs"))
  }
}
