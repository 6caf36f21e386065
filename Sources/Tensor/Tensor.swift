/// A dense array of floats with any number of axes, in row-major order: the last axis lies
/// together.
///
/// A value: a copy shares the memory until either is changed. The elements start on a cache line.
/// ```swift
/// let images = Tensor.zeros([64, 28, 28, 1])
/// let scores = images.reshaped(to: [64, -1]).matmul(weights) + bias
/// ```
/// Operators and subscripts trap on shapes that do not fit, as Swift's arrays do, and say which;
/// the rules are NumPy's.
public struct Tensor: Sendable {
  /// The sizes along the axes.
  public let shape: Shape

  /// Shared between copies, and never written to while it is.
  private var buffer: AlignedBuffer

  /// A tensor of zeros that `body` fills before anybody else sees it.
  @inline(__always)
  init(shape: Shape, filledBy body: (MemoryView<Float>) -> Void = { _ in }) {
    require(shape.allSatisfy { $0 >= 0 }, "a tensor of shape \(shape)")
    self.shape = shape
    buffer = AlignedBuffer(count: shape.elementCount)
    withExtendedLifetime(buffer) { body(buffer.view) }
  }

  /// A tensor of the given elements, in row-major order. Traps if there are not as many as the
  /// shape holds.
  public init(shape: Shape, elements: [Float]) {
    require(
      shape.allSatisfy { $0 >= 0 } && elements.count == shape.elementCount,
      "\(elements.count) elements for a tensor of shape \(shape)")
    self.init(shape: shape) { view in
      elements.withUnsafeBufferPointer { source in
        guard let start = source.baseAddress else { return }
        view.base.update(from: start, count: source.count)
      }
    }
  }

  /// A tensor with a copy of the elements in a view. Traps if there are not as many as the shape
  /// holds.
  public init(copying source: MemoryView<Float>, shape: Shape) {
    require(
      shape.allSatisfy { $0 >= 0 } && source.count == shape.elementCount,
      "\(source.count) elements for a tensor of shape \(shape)")
    self.init(shape: shape) { $0.copy(from: source) }
  }

  /// The same elements under another shape, with as many; shares the memory.
  init(_ other: Tensor, shape: Shape) {
    self.shape = shape
    buffer = other.buffer
  }

  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var count: Int { buffer.count }

  /// The elements in row-major order, as an array of their own.
  public var elements: [Float] { read { $0.array } }

  /// The only element. Traps if there are more, or none.
  public var scalar: Float {
    require(count == 1, "the only element of a tensor of shape \(shape)")
    return read { $0[0] }
  }

  /// The elements in row-major order, to read; valid while the tensor lives.
  package var view: MemoryView<Float> { buffer.view }

  /// Calls `body` with the elements in row-major order, to read, and keeps them alive meanwhile.
  @inline(__always)
  package func read<Result, Failure: Error>(
    _ body: (MemoryView<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(buffer) {} }
    return try body(buffer.view)
  }

  /// Calls `body` with the elements in row-major order, to read and change; the view is valid until
  /// `body` returns.
  ///
  /// If the memory is shared with copies, the tensor first takes memory of its own.
  @inline(__always)
  public mutating func mutate<Result, Failure: Error>(
    _ body: (MemoryView<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if !isKnownUniquelyReferenced(&buffer) {
      buffer = withExtendedLifetime(buffer) { AlignedBuffer(copying: buffer.view) }
    }
    defer { withExtendedLifetime(buffer) {} }
    return try body(buffer.view)
  }
}

extension Tensor: Equatable {
  /// Whether shapes and elements are equal; like a float, a tensor with a NaN does not equal
  /// itself.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    return left.read { left in
      right.read { right in
        for index in left.indices where left.base[index] != right.base[index] { return false }
        return true
      }
    }
  }
}
