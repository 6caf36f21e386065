internal import Glibc

/// A bounded window on memory that somebody else owns: how tensors, layers and threads share numbers.
///
/// A view is a start and a length. Subscripts are checked against the length, in release builds
/// too. Copying a view copies no elements; writing through any copy is seen by all.
///
/// - Important: A view does not keep its memory alive, and it is the one type here that crosses
///   threads unchecked. Whoever hands views out keeps the owner (an ``AlignedBuffer``) alive meanwhile, and gives
///   concurrent workers views that are disjoint or only read.
@frozen
public struct MemoryView<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// The first element. For kernels, which state the shape of what they read behind it.
  public let base: UnsafeMutablePointer<Element>

  /// The number of elements.
  public let count: Int

  /// A view of `count` elements from `base`.
  @inlinable
  public init(base: UnsafeMutablePointer<Element>, count: Int) {
    require(count >= 0, "a view of \(count) elements")
    self.base = base
    self.count = count
  }

  /// The element at a position.
  @inlinable
  public subscript(position: Int) -> Element {
    get {
      require(position >= 0 && position < count, "position outside the view")
      return base[position]
    }
    nonmutating set {
      require(position >= 0 && position < count, "position outside the view")
      base[position] = newValue
    }
  }

  /// The part of the view at the given positions.
  @inlinable
  public subscript(range: Range<Int>) -> MemoryView {
    require(range.lowerBound >= 0 && range.upperBound <= count, "range outside the view")
    return MemoryView(base: base + range.lowerBound, count: range.count)
  }

  /// All positions.
  @inlinable
  public var indices: Range<Int> { 0..<count }

  /// Sets every element.
  @inlinable
  public func fill(_ value: Element) { base.update(repeating: value, count: count) }

  /// Copies all elements of a view of the same length; the two must not overlap.
  @inlinable
  public func copy(from source: MemoryView) {
    require(source.count == count, "copying \(source.count) elements into \(count)")
    base.update(from: source.base, count: count)
  }

  /// The elements as an array.
  @inlinable
  public var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

  /// The same memory seen as elements of another type, as many as fit.
  @inlinable
  public func rebound<Other>(to type: Other.Type) -> MemoryView<Other> {
    let bytes = count * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer(base)
    require(Int(bitPattern: raw) % MemoryLayout<Other>.alignment == 0, "misaligned view")
    return MemoryView<Other>(
      base: raw.assumingMemoryBound(to: type), count: bytes / MemoryLayout<Other>.stride)
  }
}

extension MemoryView where Element == Float {
  /// Whether no element is NaN or infinite.
  package var areFinite: Bool {
    // An exponent of all ones carries into the sign bit. In integers, as sums of floats do not vectorize.
    var carries: UInt32 = 0
    for index in 0..<count {
      carries |= (base[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carries >> 31 == 0
  }

  /// The position of the first element that is NaN or infinite.
  package var firstNonFinite: Int? {
    areFinite ? nil : indices.first { !self[$0].isFinite }
  }
}

/// Memory for floats that starts on a cache line and lives as long as its owner.
public final class AlignedBuffer: Sendable {
  /// The alignment of the first element, in bytes: a cache line, and the widest vector.
  public static let alignment = 64

  /// The memory.
  public let view: MemoryView<Float>

  /// What the system gave.
  private let allocation: MemoryView<UInt8>

  /// Memory for `count` floats, all zero. Large buffers cost the system nothing until they are written: an optimizer's
  /// memory of a network that is never trained.
  ///
  /// - Precondition: `count` is not negative, and the system has that much memory.
  public init(count: Int) {
    require(count >= 0, "a buffer of \(count) elements")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    // For the sake of an empty buffer's address, and for the way to the next cache line.
    let most = max(bytes, Self.alignment).addingReportingOverflow(Self.alignment)
    guard !overflow, !most.overflow, let allocation = calloc(most.partialValue, 1) else {
      fatalError("no memory for \(count) floats")
    }
    self.allocation = MemoryView(
      base: allocation.bindMemory(to: UInt8.self, capacity: most.partialValue),
      count: most.partialValue)
    let pointer = allocation.alignedUp(toMultipleOf: Self.alignment)
    view = MemoryView(base: pointer.bindMemory(to: Float.self, capacity: count), count: count)
  }

  /// Memory that holds a copy of the given elements.
  public convenience init(copying source: MemoryView<Float>) {
    self.init(count: source.count)
    view.copy(from: source)
  }

  deinit { free(allocation.base) }

  /// The number of elements.
  public var count: Int { view.count }
}
