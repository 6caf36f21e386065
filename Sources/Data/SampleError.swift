internal import PinionTensor

/// A sample that could not be read.
public struct SampleError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sample's index in the data set.
  public let index: Int
  /// The data set's ``Dataset/source(of:)`` of the sample, such as the path of a file.
  public let source: String?
  /// What the data set threw.
  public let underlying: any Error
  /// How many other samples were skipped before, if that is the limit of
  /// ``ReadFailurePolicy/skip(limit:)``.
  public var exhaustedLimit: Int?

  public init(index: Int, source: String? = nil, underlying: any Error) {
    self.index = index
    self.source = source
    self.underlying = underlying
  }

  /// One line, control characters escaped.
  public var description: String {
    let place = "sample \(index)" + (source.map { " (\($0))" } ?? "")
    let limit = exhaustedLimit.map { "; samples skipped before: \($0), the limit" } ?? ""
    return PrintableText.escaped("\(place): \(underlying)\(limit)")
  }

  /// Underlying errors are compared by their descriptions.
  public static func == (first: SampleError, second: SampleError) -> Bool {
    first.index == second.index && first.source == second.source
      && first.exhaustedLimit == second.exhaustedLimit
      && "\(first.underlying)" == "\(second.underlying)"
  }
}

/// The reaction to a sample that cannot be read.
public enum ReadFailurePolicy: Sendable, Equatable {
  /// The ``SampleError`` is thrown.
  case stop
  /// The sample is left out of its batch, which becomes smaller by one.
  ///
  /// A failure after `limit` different samples were skipped is thrown, and so is an epoch in which
  /// no sample can be read.
  case skip(limit: Int)
}

extension Dataset {
  /// Runs `body`, which reads the sample at `index`; what it throws becomes a ``SampleError``.
  func reading<Result>(
    _ index: Int, _ body: () throws -> Result
  ) throws(SampleError) -> Result {
    do {
      return try body()
    } catch let error as SampleError {
      // The sample that a mixing step could not read as a partner.
      throw error
    } catch {
      throw SampleError(index: index, source: source(of: index), underlying: error)
    }
  }
}
