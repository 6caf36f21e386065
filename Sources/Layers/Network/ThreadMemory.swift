internal import PinionTensor

/// What a thread needs for itself while it runs a plan.
final class ThreadMemory: Sendable {
  private let tileBuffer: AlignedBuffer
  private let scratchBuffer: AlignedBuffer

  init(tileBytes: Int, scratchBytes: Int) {
    tileBuffer = AlignedBuffer(count: (tileBytes + 3) / 4)
    scratchBuffer = AlignedBuffer(count: (scratchBytes + 3) / 4)
  }

  /// Values that live for a tile of images.
  var tile: MemoryView<UInt8> { tileBuffer.view.rebound(to: UInt8.self) }

  /// Memory of one call.
  var scratch: MemoryView<Float> { scratchBuffer.view }
}
