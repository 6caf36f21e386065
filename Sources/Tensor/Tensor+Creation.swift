extension TensorOf {
  /// A tensor in which every element is `value`.
  public init(repeating value: Scalar, shape: Shape) {
    self.init(writing: shape) { $0.fill(value) }
  }

  /// A tensor of zeros, or of false.
  public static func zeros(_ shape: Shape) -> Self {
    // Without a closure, which in generic code is an allocation.
    Self(shape: shape, sharing: AlignedBuffer(count: words(shape)))
  }

  /// A tensor without axes, with one element.
  public init(_ scalar: Scalar) { self.init(writing: []) { unsafe $0.base[0] = scalar } }

  /// A tensor of one axis.
  public init(_ elements: [Scalar]) { self.init(shape: [elements.count], elements: elements) }

  /// A tensor of two axes: `Tensor([[1, 2], [3, 4]])`. Traps unless all rows have the same length.
  public init(_ rows: [[Scalar]]) { self.init(stacking: rows.map { Self($0) }, or: [0, 0]) }

  /// A tensor of three axes. Traps unless all parts have the same shape.
  public init(_ parts: [[[Scalar]]]) {
    self.init(stacking: parts.map { Self($0) }, or: [0, 0, 0])
  }

  /// A tensor of four axes. Traps unless all parts have the same shape.
  public init(_ parts: [[[[Scalar]]]]) {
    self.init(stacking: parts.map { Self($0) }, or: [0, 0, 0, 0])
  }

  private init(stacking parts: [Self], or empty: Shape) {
    self = parts.isEmpty ? Self(shape: empty) : Self.stack(parts)
  }
}

extension TensorOf where Scalar: RealScalar {
  public static func ones(_ shape: Shape) -> Self { Self(repeating: 1, shape: shape) }

  /// The identity matrix of shape (size, size).
  public static func identity(_ size: Int) -> Self {
    Self(shape: [size, size]) { view in
      for row in 0..<size { view[row * size + row] = 1 }
    }
  }
}

extension Tensor {
  /// The ⌈(end − start) / step⌉ numbers `start`, `start + step`, … before `end`.
  ///
  /// Number i is start + i·step in double precision, rounded. Traps if `step` is zero or not
  /// finite. As NumPy's `arange`.
  ///
  /// - Parameters:
  ///   - start: Default: 0.
  ///   - end: Excluded.
  ///   - step: May be negative. Default: 1.
  public init(from start: Float = 0, to end: Float, by step: Float = 1) {
    require(step != 0 && step.isFinite, "numbers in steps of \(step)")
    let length = ((Double(end) - Double(start)) / Double(step)).rounded(.up)
    require(length < 0x1p48, "numbers from \(start) to \(end)")
    self.init(start: Double(start), step: Double(step), count: Int(Swift.max(0, length)))
  }

  /// `count` equidistant numbers from `start` to `end`, as NumPy's `linspace`; `start` alone if
  /// `count` is 1. Traps if `count` is negative.
  public init(from start: Float, through end: Float, count: Int) {
    require(count >= 0, "\(count) numbers")
    let step = (Double(end) - Double(start)) / Double(Swift.max(1, count - 1))
    self.init(start: Double(start), step: step, count: count)
    if count > 1 { mutate { $0[count - 1] = end } }
  }

  private init(start: Double, step: Double, count: Int) {
    self.init(shape: [count]) { view in
      for index in 0..<count { view[index] = Float(start + Double(index) * step) }
    }
  }

  /// Uniformly distributed numbers by ``RandomStream/fillUniform(_:in:from:)``. Traps if the range
  /// is empty.
  public static func uniform(
    in range: Range<Float> = 0..<1, shape: Shape, from stream: RandomStream
  ) -> Tensor {
    require(!range.isEmpty, "random numbers from the empty range \(range)")
    return Tensor(shape: shape) { stream.fillUniform($0, in: range) }
  }

  /// Normally distributed numbers by ``RandomStream/fillNormal(_:mean:standardDeviation:from:)``.
  /// Traps if the deviation is negative.
  public static func normal(
    mean: Float = 0, standardDeviation: Float = 1, shape: Shape, from stream: RandomStream
  ) -> Tensor {
    require(standardDeviation >= 0, "a standard deviation of \(standardDeviation)")
    return Tensor(shape: shape) {
      stream.fillNormal($0, mean: mean, standardDeviation: standardDeviation)
    }
  }

  /// Normally distributed numbers truncated at two standard deviations, by
  /// ``RandomStream/fillTruncatedNormal(_:mean:standardDeviation:from:)``. Traps if the deviation
  /// is negative.
  public static func truncatedNormal(
    mean: Float = 0, standardDeviation: Float = 1, shape: Shape, from stream: RandomStream
  ) -> Tensor {
    require(standardDeviation >= 0, "a standard deviation of \(standardDeviation)")
    return Tensor(shape: shape) {
      stream.fillTruncatedNormal($0, mean: mean, standardDeviation: standardDeviation)
    }
  }
}

extension Tensor {
  /// The one-hot encoding of labels, of shape (labels, classes).
  ///
  /// Throws ``ArgumentError`` if a label is not in `0..<classes`. As Keras's `to_categorical`.
  public static func oneHot(labels: [Int], classes: Int) throws(ArgumentError) -> Tensor {
    for (position, label) in labels.enumerated() where label < 0 || label >= classes {
      throw ArgumentError(
        place: "label \(position)", expected: "a class in 0..<\(classes)", found: "\(label)")
    }
    return Tensor(shape: [labels.count, Swift.max(0, classes)]) { view in
      for (row, label) in labels.enumerated() { view[row * classes + label] = 1 }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  /// The numbers of another tensor, rounded to this type.
  public init<Other: RealScalar>(_ other: TensorOf<Other>) {
    switch (Scalar.self == Float.self, Other.self == Float.self) {
    case (true, false):
      self = other.viewed(as: Double.self).apply { Float($0) }.viewed(as: Scalar.self)
    case (false, true):
      self = other.viewed(as: Float.self).apply { Double($0) }.viewed(as: Scalar.self)
    default: self = other.viewed(as: Scalar.self)
    }
  }
}
