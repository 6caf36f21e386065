public import FoundationEssentials
public import PinionMetrics
internal import PinionTensor
public import PinionTraining

/// The results of a run that comparisons need, stored as `report.json` in its folder.
public struct RunSummary: Sendable, Equatable, Codable {
  /// Parameter counts of a network.
  public struct Parameters: Sendable, Equatable, Codable {
    public var total: Int
    /// Parameters updated by the optimizer.
    public var trainable: Int
    /// Other parameters, such as moving averages.
    public var nonTrainable: Int
  }

  static let fileName = "report.json"
  /// The version of the file format.
  static let format = 1

  private var format = Self.format
  public var title: String
  public var dataset: String
  public var network: String
  public var parameters: Parameters
  /// The metrics recorded in each epoch.
  public var history: History
  /// The zero-based epoch whose weights were kept, if known.
  public var bestEpoch: Int?
  /// Whether training was interrupted.
  public var isInterrupted: Bool
  /// The loss on test data, if measured.
  public var testLoss: Double? { test?["loss"]?.value }
  /// The accuracy on test data, if measured.
  public var testAccuracy: Double? { test?["accuracy"]?.value }
  /// The duration of training in seconds, if measured.
  public var seconds: Double?
  /// Training throughput in images per second, if measured.
  public var imagesPerSecond: Double?
  /// Class names; empty without a confusion matrix.
  public var classNames: [String]
  /// Precision, recall and F1 of each class on test data, in the order of `classNames`.
  public var classScores: [ClassScore]
  /// The confusion matrix: one row per true class, one column per predicted class.
  public var confusion: [[Int]]
  /// Hyperparameters and options.
  public var settings: [ExperimentReport.Setting]
  /// The software and hardware of the run, if known.
  public var provenance: RunProvenance?

  private var test: [String: CodedNumber]?

  public init(_ report: ExperimentReport) {
    title = report.title
    dataset = report.dataset
    network = report.network
    let counts = report.graph.parameterCounts
    parameters = Parameters(
      total: counts.total, trainable: counts.trainable, nonTrainable: counts.nonTrainable)
    history = report.history
    bestEpoch = report.bestEpoch
    isInterrupted = report.isInterrupted
    test = report.evaluation.map { evaluation in
      Dictionary(
        uniqueKeysWithValues: evaluation.logs.map { ($0.name, CodedNumber($0.value)) })
    }
    seconds = report.seconds.flatMap { $0.isFinite ? $0 : nil }
    imagesPerSecond = report.imagesPerSecond.flatMap { $0.isFinite ? $0 : nil }
    classNames = report.confusion?.classNames ?? []
    classScores = report.confusion.map { ClassificationReport($0).classes } ?? []
    confusion = report.confusion.map { $0.rows } ?? []
    settings = report.settings
    provenance = report.provenance
  }

  /// Reads `report.json` from a run's folder.
  ///
  /// - Throws: `FileError` if the file is missing, invalid, of a later format, or contains
  ///   impossible values, such as an accuracy above 1.
  public init(readingFrom directory: URL) throws {
    let file = directory.appending(path: Self.fileName)
    func refuse(_ place: String, _ expected: String, _ found: String) -> FileError {
      FileError(file: file.path, place: place, expected: expected, found: found)
    }
    let reader = try FileReader(file)
    let data = Data(try reader.bytes(0..<reader.size, place: "report"))
    try JSONDocument.check(data, file: file.path, place: "decoding")
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as DecodingError {
      let words = error.words
      throw refuse(words.place, words.expected, words.found)
    } catch {
      throw refuse("document", "a run report", "\(error)")
    }
    guard format == Self.format else {
      throw refuse("format", "\(Self.format)", "\(format)")
    }
    guard classScores.count == classNames.count else {
      throw refuse("classScores", "\(classNames.count) classes", "\(classScores.count)")
    }
    let epochs = history.epochs + (bestEpoch.map { [$0] } ?? [])
    if let strange = epochs.first(where: { !(0..<1_000_000_000).contains($0) }) {
      throw refuse("history", "epochs from 0 to 999,999,999", "\(strange)")
    }
    for (index, score) in classScores.enumerated() {
      for fraction in [score.precision, score.recall, score.f1] where !(0...1).contains(fraction) {
        throw refuse("classScores[\(index)]", "fractions from 0 to 1", "\(fraction)")
      }
    }
    guard confusion.isEmpty || confusion.map(\.count) == classNames.map({ _ in classNames.count })
    else {
      throw refuse(
        "confusion", "\(classNames.count) × \(classNames.count) counts", "\(confusion.count) rows")
    }
    let counts =
      [parameters.total, parameters.trainable, parameters.nonTrainable]
      + classScores.map(\.support) + confusion.joined()
    if let negative = counts.first(where: { $0 < 0 }) {
      throw refuse("counts", "nonnegative integers", "\(negative)")
    }
  }

  /// Writes `report.json` into a folder, atomically.
  ///
  /// - Throws: `FileError` if it cannot be written.
  func write(to directory: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(self) + Data("\n".utf8)
    try AtomicFile.write(data, to: directory.appending(path: Self.fileName))
  }
}

extension ConfusionMatrix {
  /// Counts, one row per true class.
  fileprivate var rows: [[Int]] {
    stride(from: 0, to: counts.count, by: classCount).map {
      Array(counts[$0..<$0 + classCount])
    }
  }
}
