public import FoundationEssentials
public import PinionMetrics
internal import PinionTensor
public import PinionTraining

/// What comparisons need to know of a run: the file `report.json` of its folder.
public struct RunSummary: Sendable, Equatable, Codable {
  /// The numbers of a network's parameters.
  public struct Parameters: Sendable, Equatable, Codable {
    /// All of them.
    public var total: Int
    /// Those that the optimizer changes.
    public var trainable: Int
    /// The others.
    public var nonTrainable: Int
  }

  /// The name of the file in a run's folder.
  public static let fileName = "report.json"
  /// The version of the file's format.
  static let format = 1

  private var format = Self.format
  /// The run's title.
  public var title: String
  /// The data set's name.
  public var dataset: String
  /// The network's name.
  public var network: String
  /// The numbers of parameters.
  public var parameters: Parameters
  /// What was recorded at the end of each epoch.
  public var history: History
  /// The epoch, from 0, whose weights were kept, if known.
  public var bestEpoch: Int?
  /// Whether training was stopped from outside.
  public var isInterrupted: Bool
  /// The loss on the test data, if measured.
  public var testLoss: Double? { test?["loss"]?.value }
  /// The accuracy on the test data, if measured.
  public var testAccuracy: Double? { test?["accuracy"]?.value }
  /// How long training took, in seconds, if measured.
  public var seconds: Double?
  /// How many images a second training took, if measured.
  public var imagesPerSecond: Double?
  /// The names of the classes; empty if none were counted.
  public var classNames: [String]
  /// Precision, recall and F1 of each class on the test data, in the same order.
  public var classScores: [ClassScore]
  /// How often samples of each class (rows) were taken for each (columns).
  public var confusion: [[Int]]
  /// What the run was given.
  public var settings: [Setting]
  /// The program and the machine that the numbers come from, if told.
  public var provenance: RunProvenance?

  private var test: [String: CodedNumber]?

  /// What a report says.
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

  /// Reads `report.json` in a run's folder.
  ///
  /// Throws `FileError` if it is missing, broken, of a later format, or says what no run can have had, such as a share
  /// above 1.
  public init(readingFrom directory: URL) throws {
    let file = directory.appending(path: Self.fileName)
    func refuse(_ place: String, _ expected: String, _ found: String) -> FileError {
      FileError(file: file.path, place: place, expected: expected, found: found)
    }
    let reader = try FileReader(file)
    let data = Data(try reader.bytes(0..<reader.size, place: "the report of a run"))
    try JSONDocument.check(data, file: file.path, place: "decoding")
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as DecodingError {
      let words = error.words
      throw refuse(words.place, "\(words.expected), as in the report of a run", words.found)
    } catch {
      throw refuse("the document", "the report of a run", "\(error)")
    }
    guard format == Self.format else {
      throw refuse("format", "\(Self.format)", "\(format)")
    }
    guard classScores.count == classNames.count else {
      throw refuse("classScores", "\(classNames.count) classes", "\(classScores.count)")
    }
    let epochs = history.epochs + (bestEpoch.map { [$0] } ?? [])
    if let strange = epochs.first(where: { !(0..<1_000_000_000).contains($0) }) {
      throw refuse("history", "epochs from 0 on", "\(strange)")
    }
    for (index, score) in classScores.enumerated() {
      for share in [score.precision, score.recall, score.f1] where !(0...1).contains(share) {
        throw refuse("classScores[\(index)]", "shares from 0 to 1", "\(share)")
      }
    }
    guard confusion.isEmpty || confusion.map(\.count) == classNames.map({ _ in classNames.count })
    else {
      throw refuse(
        "confusion", "\(classNames.count) rows of as many counts", "\(confusion.count) rows")
    }
    let counts =
      [parameters.total, parameters.trainable, parameters.nonTrainable]
      + classScores.map(\.support) + confusion.joined()
    if let negative = counts.first(where: { $0 < 0 }) {
      throw refuse("a count", "0 or more", "\(negative)")
    }
  }

  /// Writes `report.json` into a folder.
  ///
  /// Throws `FileError` if it cannot be written.
  func write(to directory: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(self) + Data("\n".utf8)
    try AtomicFile.write(data, to: directory.appending(path: Self.fileName))
  }
}

extension ConfusionMatrix {
  /// The counts, a row for each true class.
  fileprivate var rows: [[Int]] {
    stride(from: 0, to: counts.count, by: classCount).map {
      Array(counts[$0..<$0 + classCount])
    }
  }
}
