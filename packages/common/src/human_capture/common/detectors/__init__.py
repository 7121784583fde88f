"""People in pictures, from small networks that come inside an installed package.

``body.BodyDetector`` finds the key points of all people in a picture and
``tracker.detect_video`` follows them through a video. The parts, in the order in which
a picture passes them: ``search`` (where to look), ``persons`` (where people are),
``regions`` (rotated squares around them), ``landmarks`` (33 points of one person),
``silhouettes`` (looking past those in front), ``detected`` (the result).

Measured on the eight videos of the package Pose2Sim 0.10.49 (100 frames of 1080 x 1920
pixels each; cameras rolled by up to 26 degrees; one to three people, one of
them a fifth of the picture high, one half hidden behind another):

- Followed through the video, the right number of people in 796 of 800 frames, in all
  frames of seven videos and in 96 of that with the hidden person; numbers never change.
- In single pictures, in 77 of 80.
- One thread of a server's CPU: person detector 6.7 ms a look, landmark network 11.4 ms
  a look; a followed video 31 ms a frame with one person and 56 to 95 ms with two or
  three, searches included; a single picture 0.5 to 0.8 s.
- The lone person, triangulated from the four cameras: the limbs reproject within 12
  pixels (median; 17 and 22 at the upper quartile and decile).
- With default settings a person may be a tenth of the picture high; with the further
  tile 0.25, 0.06. A search of the whole picture alone needs three tenths.
- The same sampling and one look give what MediaPipe 0.10.14 gives, within 0.9 pixels
  (median of 20 frames). Exact pixel centres, as here, differ from it by 4.5 pixels.
"""
