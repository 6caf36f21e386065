/// A dense, row-major array of floats with any number of axes.
///
/// A value with copy-on-write storage, aligned to cache lines.
/// ```swift
/// let images = Tensor.zeros([64, 28, 28, 1])
/// let scores = images.reshaped(to: [64, -1]).matmul(weights) + bias
/// ```
/// Operators and subscripts follow NumPy's rules and trap on shapes that do not fit, with a message
/// that shows them.
public struct Tensor: Sendable {
  public let shape: Shape

  /// Never written while shared between copies.
  private var buffer: AlignedBuffer

  /// A tensor of zeros that `body` fills.
  @inline(__always)
  init(shape: Shape, filledBy body: (MemoryView<Float>) -> Void = { _ in }) {
    require(shape.allSatisfy { $0 >= 0 }, "a tensor of shape \(shape)")
    self.shape = shape
    buffer = AlignedBuffer(count: shape.elementCount)
    withExtendedLifetime(buffer) { body(buffer.view) }
  }

  /// - Parameter elements: Row-major. Traps unless there are `shape.elementCount`.
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

  /// - Parameter source: Row-major. Traps unless there are `shape.elementCount`.
  public init(copying source: MemoryView<Float>, shape: Shape) {
    require(
      shape.allSatisfy { $0 >= 0 } && source.count == shape.elementCount,
      "\(source.count) elements for a tensor of shape \(shape)")
    self.init(shape: shape) { $0.copy(from: source) }
  }

  /// The same elements, in shared memory, with another shape of equal element count.
  init(_ other: Tensor, shape: Shape) {
    self.shape = shape
    buffer = other.buffer
  }

  public var rank: Int { shape.rank }

  public var count: Int { buffer.count }

  /// A copy in row-major order.
  public var elements: [Float] { read { $0.array } }

  /// The only element. Traps unless there is exactly one.
  public var scalar: Float {
    require(count == 1, "the only element of a tensor of shape \(shape)")
    return read { $0[0] }
  }

  /// Row-major, to be read only; valid while the tensor lives.
  package var view: MemoryView<Float> { buffer.view }

  /// Calls `body` with a read-only view of the elements in row-major order.
  @inline(__always)
  package func read<Result, Failure: Error>(
    _ body: (MemoryView<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(buffer) {} }
    return try body(buffer.view)
  }

  /// Calls `body` with a view of the elements in row-major order, valid until it returns. Shared
  /// storage is copied first.
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
  /// Whether shapes and elements are equal. A tensor with NaN is not equal to itself.
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
