public import PinionTensor

/// A layer that pools each channel over all positions of a sample: (H, W, C) → (C,) or (1, 1, C),
/// (T, C) → (C,) or (1, C).
public protocol GlobalPoolingLayer: Layer {
  /// The number of axes before the channels.
  static var pooledAxes: Int { get }

  /// Whether the pooled axes are kept, with a size of 1.
  var keepDims: Bool { get }
}

extension GlobalPoolingLayer {
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try GlobalPooling.outputShape(for: inputs[0], axes: Self.pooledAxes, keepDims: keepDims)
  }

  public var combinesInputs: Bool { true }
}

/// The mean of each channel over all pixels of an image: y[n,c] = mean over i, j of x[n,i,j,c].
///
/// - Input: (N, H, W, C). Output: (N, C), or (N, 1, 1, C) if dimensions are kept.
///
/// As Keras 3's `GlobalAveragePooling2D`.
public struct GlobalAveragePooling2D: GlobalPoolingLayer {
  /// Whether the pooled axes are kept, with a size of 1. Default: false.
  public var keepDims: Bool
  public var name: String?

  public init(keepDims: Bool = false, name: String? = nil) {
    self.keepDims = keepDims
    self.name = name
  }

  public static var pooledAxes: Int { 2 }

  /// y = Σ x / (H·W); dx = dy / (H·W).
  public func program(for pass: LayerPass) -> LayerProgram { GlobalPooling.average(pass) }
}

/// The largest value of each channel of an image: y[n,c] = max over i, j of x[n,i,j,c].
///
/// - Input: (N, H, W, C). Output: (N, C), or (N, 1, 1, C) if dimensions are kept.
///
/// Equal largest values share the gradient, as in Keras on TensorFlow. NaN counts as the largest
/// value. As Keras 3's `GlobalMaxPooling2D`.
public struct GlobalMaxPooling2D: GlobalPoolingLayer {
  /// Whether the pooled axes are kept, with a size of 1. Default: false.
  public var keepDims: Bool
  public var name: String?

  public init(keepDims: Bool = false, name: String? = nil) {
    self.keepDims = keepDims
    self.name = name
  }

  public static var pooledAxes: Int { 2 }

  /// y = max x; dx = dy where x is the largest, divided by the number of these.
  public func program(for pass: LayerPass) -> LayerProgram { GlobalPooling.largest(pass) }
}

/// The mean of each channel over all steps of a sequence: y[n,c] = mean over t of x[n,t,c].
///
/// - Input: (N, T, C). Output: (N, C), or (N, 1, C) if dimensions are kept.
///
/// As Keras 3's `GlobalAveragePooling1D`.
public struct GlobalAveragePooling1D: GlobalPoolingLayer {
  /// Whether the pooled axis is kept, with a size of 1. Default: false.
  public var keepDims: Bool
  public var name: String?

  public init(keepDims: Bool = false, name: String? = nil) {
    self.keepDims = keepDims
    self.name = name
  }

  public static var pooledAxes: Int { 1 }

  /// y = Σ x / T; dx = dy / T.
  public func program(for pass: LayerPass) -> LayerProgram { GlobalPooling.average(pass) }
}

/// The largest value of each channel of a sequence: y[n,c] = max over t of x[n,t,c].
///
/// - Input: (N, T, C). Output: (N, C), or (N, 1, C) if dimensions are kept.
///
/// Equal largest values share the gradient, as in Keras on TensorFlow. NaN counts as the largest
/// value. As Keras 3's `GlobalMaxPooling1D`.
public struct GlobalMaxPooling1D: GlobalPoolingLayer {
  /// Whether the pooled axis is kept, with a size of 1. Default: false.
  public var keepDims: Bool
  public var name: String?

  public init(keepDims: Bool = false, name: String? = nil) {
    self.keepDims = keepDims
    self.name = name
  }

  public static var pooledAxes: Int { 1 }

  /// y = max x; dx = dy where x is the largest, divided by the number of these.
  public func program(for pass: LayerPass) -> LayerProgram { GlobalPooling.largest(pass) }
}
