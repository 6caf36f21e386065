internal import PinionTensor

/// An algorithm for convolutions. All give the same values up to rounding.
public struct ConvolutionAlgorithm: RawRepresentable, Sendable, Hashable, Codable, CaseIterable {
  /// The name in configurations.
  public let rawValue: String
  /// The implementation; nil for ``automatic``.
  let implementation: (any ConvolutionImplementation.Type)?

  /// The fastest for the shape, by a table of measurements in the source.
  public static let automatic = ConvolutionAlgorithm(name: "automatic", nil)

  /// ``automatic``, then all others.
  public static var allCases: [ConvolutionAlgorithm] {
    [.automatic] + ConvolutionTable.implementations.map { $0.algorithm }
  }

  /// The algorithm with a name; nil if there is none.
  public init?(rawValue: String) {
    guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }

  init(name: String, _ implementation: (any ConvolutionImplementation.Type)?) {
    rawValue = name
    self.implementation = implementation
  }

  public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }

  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// The implementation of an algorithm for convolutions of one shape.
///
/// A new one is a type in its own file, and a row in ``ConvolutionTable``.
protocol ConvolutionImplementation: Sendable {
  /// The algorithm by which users select it.
  static var algorithm: ConvolutionAlgorithm { get }

  /// The requirement that a shape does not meet; nil if the algorithm supports the shape. Default:
  /// nil.
  static func limitation(_ shape: ConvolutionShape) -> LayerError?

  /// Whether it is faster than the later rows of the table, according to measurements, for a shape
  /// that it supports.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool

  /// The algorithm for batches of the pass's size.
  init(_ shape: ConvolutionShape, in pass: LayerPass)

  /// Adds the algorithm's memory and phases to the program of a layer.
  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram)

  /// Adds only the memory that is prepared from constant parameters, which plans for other batch
  /// sizes share. Default: does nothing.
  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram)
}

extension ConvolutionImplementation {
  static func limitation(_ shape: ConvolutionShape) -> LayerError? { nil }

  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram) {}
}

/// The shape of a convolution: x (N, H, W, C) ∗ kernel (kernel height, kernel width, C / G, F) → y
/// (N, H′, W′, F), in G groups of channels: group g computes the g-th part of the filters from the
/// g-th part of the channels.
struct ConvolutionShape: Sendable, Equatable {
  let geometry: WindowGeometry
  /// F.
  let filters: Int
  /// G, which divides C and F.
  let groups: Int

  init(geometry: WindowGeometry, filters: Int, groups: Int = 1) {
    self.geometry = geometry
    self.filters = filters
    self.groups = groups
  }

  /// The number of elements of the kernel.
  var kernelSize: Int { geometry.windowSize / groups * filters }
  /// The number of elements of y for one sample.
  var outputSize: Int { geometry.outputPixels * filters }

  /// What an algorithm that takes neither dilations nor groups requires; nil if there are none.
  func limitation(withoutDilationAndGroupsFor algorithm: ConvolutionAlgorithm) -> LayerError? {
    if geometry.dilation == 1, groups == 1 { return nil }
    return LayerError(
      "a dilation of 1 and one group for the algorithm \(algorithm.rawValue)",
      received: "the dilation \(geometry.dilation) and \(groups) groups")
  }
}

/// The parameters and the epilogue of a convolution.
struct ConvolutionOperands: Sendable {
  let kernel: ParameterHandle
  let epilogue: Epilogue
}
