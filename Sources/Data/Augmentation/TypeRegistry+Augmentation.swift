public import PinionTensor

extension TypeRegistry {
  /// This module's augmentations.
  public static let augmentationTypes: [any Configurable.Type] = [
    RandomRotation.self, RandomZoom.self, RandomShear.self, RandomTranslation.self,
    RandomFlip.self, PadAndCrop.self, RandomBrightness.self, RandomContrast.self, Cutout.self,
    MixUp.self, CutMix.self,
  ]
}
