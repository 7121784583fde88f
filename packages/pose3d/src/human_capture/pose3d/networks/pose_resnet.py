"""The official backbone: a ResNet with three deconvolutions.

"Simple baselines" of Xiao et al. (ECCV 2018) as Iskakov et al. (ICCV 2019) use it:
384 x 384 images, 96 x 96 maps, 68,635,473 parameters with ResNet-152 and 17 joints.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import resnet

from human_capture.pose3d.networks.backbone import Backbone, ImageFeatures

ResNetDepth = Literal[18, 34, 50, 101, 152]
_ENCODERS = {
    18: resnet.resnet18,
    34: resnet.resnet34,
    50: resnet.resnet50,
    101: resnet.resnet101,
    152: resnet.resnet152,
}


class PoseResNet(Backbone):
    """ResNet encoder, three 4 x 4 deconvolutions with 256 filters, 1 x 1 heat maps.

    Args:
        joints: How many heat maps.
        depth: Of the ResNet; the authors used 152.
        bgr: Feed the channels as blue, green, red while keeping the statistics of red,
            green, blue, as the authors' weights expect. Off for own training.
        image_size: Width and height of the crops it is meant for, in pixels.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        joints: int = 17,
        depth: ResNetDepth = 152,
        bgr: bool = False,
        image_size: int = 384,
    ) -> None:
        super().__init__()
        self.joints, self.feature_channels, self.bgr = joints, 256, bgr
        self.image_size = image_size
        statistics = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
        for name, values in statistics.items():
            tensor = torch.tensor(values).view(3, 1, 1)
            self.register_buffer(name, tensor, persistent=False)
        encoder = _ENCODERS[depth](weights=None)
        self.deep_channels = encoder.fc.in_features
        self.conv1, self.bn1 = encoder.conv1, encoder.bn1
        self.maxpool = encoder.maxpool
        self.layer1, self.layer2 = encoder.layer1, encoder.layer2
        self.layer3, self.layer4 = encoder.layer3, encoder.layer4
        layers: list[nn.Module] = []
        for inputs in (self.deep_channels, 256, 256):
            layers += [
                nn.ConvTranspose2d(inputs, 256, 4, 2, 1, bias=False),
                nn.BatchNorm2d(256),
                nn.ReLU(inplace=True),
            ]
        self.deconv_layers = nn.Sequential(*layers)
        self.final_layer = nn.Conv2d(256, joints, 1)
        nn.init.normal_(self.final_layer.weight, std=0.001)

    def forward(self, images: Float[Tensor, "sample 3 height width"]) -> ImageFeatures:
        """Heat maps and features; height and width are multiples of 32."""
        if self.bgr:
            images = images.flip(-3)
        x = self.bn1(self.conv1((images - self.mean) / self.std)).relu()
        x = self.layer2(self.layer1(self.maxpool(x)))
        deep = self.layer4(self.layer3(x))
        features = self.deconv_layers(deep)
        return ImageFeatures(self.final_layer(features).float(), features, deep)
