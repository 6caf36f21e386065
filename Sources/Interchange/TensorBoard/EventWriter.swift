internal import FoundationEssentials
internal import Glibc
public import PinionMetrics
public import PinionTensor
public import PinionVisualization

/// Writes scalars, histograms, images and text of a run to an event file of TensorBoard.
///
/// ```swift
/// let writer = try EventWriter(folder: "runs/1")
/// try writer.scalar("loss", 0.25, step: 0)
/// ```
/// A value is in the file when the call returns. Tags with slashes are grouped by their first part.
public final class EventWriter {
  let file: EventFile

  /// Creates an event file in a folder, and the folder if it is missing.
  ///
  /// Throws `FileError` if it cannot be created.
  public convenience init(folder: some FileLocation) throws {
    try self.init(folder: folder.filePath, run: Self.newRun)
  }

  /// A name for a run that no other has.
  static var newRun: String { String(UInt64.random(in: .min ... .max), radix: 36) }

  init(folder: String, run: String) throws {
    file = try EventFile(folder: folder, run: run)
    try file.begin()
  }

  /// Continues after the first `size` bytes of a run's files. These are replaced by a new file,
  /// since TensorBoard does not notice that a file has shrunk; later events are written again. A
  /// run that is killed here leaves several files with the same first bytes.
  init(folder: String, run: String, after size: Int) throws {
    let others = EventFile.files(of: run, in: folder)
    file = try EventFile(folder: folder, run: run)
    guard let other = try others.last(where: { try FileReader(URL(filePath: $0)).size >= size })
    else {
      // The run continues in another folder.
      try file.begin()
      return
    }
    try file.copy(other, size: size)
    for other in others { unsafe unlink(other) }
  }

  /// A scalar at a step, in single precision. Throws `FileError` if it cannot be written.
  public func scalar(_ tag: String, _ value: Double, step: Int) throws {
    try write(tag, step) { $0.float(2, Float(value)) }
  }

  /// The distribution of the finite elements of a tensor, in 30 intervals of equal width.
  ///
  /// Throws `FileError` if it cannot be written.
  public func histogram(_ tag: String, _ values: Tensor, step: Int) throws {
    try values.read { try histogram(tag, $0, step: step) }
  }

  func histogram(_ tag: String, _ values: MemoryView<Float>, step: Int) throws {
    let histogram = EventHistogram(values)
    try write(tag, step) { $0.message(5, histogram.message) }
  }

  /// An image. Throws `FileError` if it cannot be written.
  public func image(_ tag: String, _ image: PixelImage, step: Int) throws {
    try write(tag, step) { value in
      value.message(4) { message in
        message.integer(1, image.height)
        message.integer(2, image.width)
        message.integer(3, image.channels)
        message.bytes(4, PNG.encode(image))
      }
    }
  }

  /// A confusion matrix as an image: rows are actual classes, columns predicted ones, and a cell is
  /// the darker the larger its share of the row.
  ///
  /// Throws `FileError` if it cannot be written.
  public func confusionMatrix(_ tag: String, _ matrix: ConfusionMatrix, step: Int) throws {
    let count = matrix.classCount
    var bytes: [UInt8] = []
    let totals = matrix.rowTotals
    for row in 0..<count {
      for column in 0..<count {
        let share = Double(matrix[true: row, predicted: column]) / Double(max(1, totals[row]))
        bytes.append(UInt8(255 - (255 * share).rounded()))
      }
    }
    let image = PixelImage(width: count, height: count, channels: 1, bytes: bytes)
    try self.image(tag, image.enlarged(by: max(1, 320 / count)), step: step)
  }

  /// A text in Markdown. Throws `FileError` if it cannot be written.
  public func text(_ tag: String, _ text: String, step: Int) throws {
    try write(tag, step) { value in
      value.message(8) { tensor in
        tensor.integer(1, 7)  // DT_STRING
        tensor.message(2) { shape in shape.message(2) { $0.integer(1, 1) } }
        tensor.string(8, text)
      }
      value.message(9) { metadata in
        metadata.message(1) { $0.string(1, "text") }
      }
    }
  }

  /// The hyperparameters of the run, by which TensorBoard compares runs.
  ///
  /// Throws `FileError` if they cannot be written.
  public func hyperparameters(_ values: [String: Hyperparameter]) throws {
    let session = ProtobufMessage { session in
      session.message(3) { start in
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
          start.message(1) { entry in
            entry.string(1, name)
            entry.message(2, value.message)
          }
        }
        start.double(5, Date().timeIntervalSince1970)
      }
    }
    try write("_hparams_/session_start_info", 0) { value in
      value.message(8) { tensor in
        tensor.integer(1, 1)  // DT_FLOAT, no elements
        tensor.message(2) { shape in shape.message(2) { $0.integer(1, 0) } }
      }
      value.message(9) { metadata in
        metadata.message(1) { plugin in
          plugin.string(1, "hparams")
          plugin.message(2, session)
        }
      }
    }
  }

  /// Writes an event with one value.
  private func write(
    _ tag: String, _ step: Int, _ body: (inout ProtobufMessage) -> Void
  ) throws {
    try file.write(
      ProtobufMessage { event in
        event.double(1, Date().timeIntervalSince1970)
        event.integer(2, step)
        event.message(5) { summary in
          summary.message(1) { value in
            value.string(1, tag)
            body(&value)
          }
        }
      })
  }
}

extension EventWriter {
  /// The value of a hyperparameter.
  public enum Hyperparameter: Sendable, Equatable, ExpressibleByStringLiteral,
    ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
  {
    case number(Double)
    case text(String)
    case flag(Bool)

    public init(stringLiteral value: String) { self = .text(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(booleanLiteral value: Bool) { self = .flag(value) }

    /// As `google.protobuf.Value`.
    fileprivate var message: ProtobufMessage {
      ProtobufMessage { message in
        switch self {
        case .number(let value): message.double(2, value)
        case .text(let value): message.string(3, value)
        case .flag(let value): message.integer(4, value ? 1 : 0)
        }
      }
    }
  }
}

/// A histogram of equal intervals between the smallest and the largest value.
struct EventHistogram {
  static let intervals = 30

  private(set) var minimum = 0.0
  private(set) var maximum = 0.0
  private(set) var sum = 0.0
  private(set) var squares = 0.0
  private(set) var counts = [Double](repeating: 0, count: intervals)

  init(_ values: MemoryView<Float>) {
    var (low, high) = (Float.infinity, -Float.infinity)
    for index in values.indices where values[index].isFinite {
      (low, high) = (min(low, values[index]), max(high, values[index]))
    }
    guard low <= high else { return }
    (minimum, maximum) = (Double(low), Double(high))
    let width = maximum - minimum
    for index in values.indices where values[index].isFinite {
      let value = Double(values[index])
      sum += value
      squares += value * value
      let share = width > 0 ? (value - minimum) / width : 0
      counts[min(Self.intervals - 1, Int(share * Double(Self.intervals)))] += 1
    }
  }

  /// As `HistogramProto`; of one value, all counts are at its upper limit.
  var message: ProtobufMessage {
    ProtobufMessage { message in
      message.double(1, minimum)
      message.double(2, maximum)
      message.double(3, counts.reduce(0, +))
      message.double(4, sum)
      message.double(5, squares)
      let width = (maximum - minimum) / Double(Self.intervals)
      let limits = (1...Self.intervals).map { interval in
        interval == Self.intervals ? maximum : minimum + Double(interval) * width
      }
      message.doubles(6, limits)
      message.doubles(7, counts)
    }
  }
}
