/// One part of a layer's forward or backward pass. A layer's phases run in order, each after the one before is complete.
public enum Phase: Sendable, Equatable {
  /// Work on any range of images, independent of the others: the plan cuts the batch, and takes the same images through
  /// neighbouring layers while they are in cache. `minimum` is the number of images from which the layer runs well.
  case images(minimum: Int)

  /// Work on the whole batch in `count` independent pieces that the layer cuts itself.
  ///
  /// If `isDeferrable`, nothing but the optimiser waits for the results, as for gradients of parameters, and the plan may run the pieces later in
  /// the same pass.
  case pieces(_ count: Int, isDeferrable: Bool)

  /// Work on any range of images.
  public static let images = Phase.images(minimum: 1)

  /// Work on the whole batch in `count` pieces that the following layers wait for.
  public static func pieces(_ count: Int) -> Phase { .pieces(count, isDeferrable: false) }
}
