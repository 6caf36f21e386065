internal import Glibc

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
