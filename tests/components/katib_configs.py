"""Katib's configuration as clusters have it: the layouts of 0.17 to 0.19, and what people and tools make of them."""

from __future__ import annotations

PLAIN_017 = """\
---
apiVersion: config.kubeflow.org/v1beta1
kind: KatibConfig
init:
  certGenerator:
    enable: true
  controller:
    webhookPort: 8443
    trialResources:
      - Job.v1.batch
      - TFJob.v1.kubeflow.org
      - PyTorchJob.v1.kubeflow.org
runtime:
  metricsCollectors:
    - kind: StdOut
      image: docker.io/kubeflowkatib/file-metrics-collector:v0.17.0
    - kind: TensorFlowEvent
      image: docker.io/kubeflowkatib/tfevent-metrics-collector:v0.17.0
      resources:
        limits:
          memory: 1Gi
  suggestions:
    - algorithmName: random
      image: docker.io/kubeflowkatib/suggestion-hyperopt:v0.17.0
    - algorithmName: enas
      image: docker.io/kubeflowkatib/suggestion-enas:v0.17.0
      resources:
        limits:
          memory: 400Mi
  earlyStoppings:
    - algorithmName: medianstop
      image: docker.io/kubeflowkatib/earlystopping-medianstop:v0.17.0
"""

EDITED_018 = """\
# Owned by the platform team;   spaces and "quotes" as we like them.
kind: "KatibConfig"
apiVersion: 'config.kubeflow.org/v1beta1'
runtime:
    earlyStoppings: [{algorithmName: medianstop, image: "ghcr.io/kubeflow/katib/earlystopping-medianstop:v0.18.0"}]

    suggestions:   # one image each
        # Baseline
        - algorithmName: random
          image:  ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.18.0   # pinned

        - {algorithmName: tpe, image: "ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.18.0"}
        - algorithmName: pbt
          image: ghcr.io/kubeflow/katib/suggestion-pbt:v0.18.0
          args:
            - |
              two
              lines
          # ours needs a disk
          persistentVolumeClaimSpec: {accessModes: [ReadWriteMany]}
          # end of pbt

    # Collectors
    metricsCollectors: []
init: {controller: {trialResources: [Job.v1.batch, PyTorchJob.v1.kubeflow.org]}}
"""

MARSHALLED_019 = """\
apiVersion: config.kubeflow.org/v1beta1
init:
  controller:
    trialResources:
    - Job.v1.batch
    - PyTorchJob.v1.kubeflow.org
    - TrainJob.v1alpha1.trainer.kubeflow.org
kind: KatibConfig
runtime:
  metricsCollectors:
  - image: ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0
    kind: StdOut
  suggestions:
  - algorithmName: random
    image: ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0
  - algorithmName: grid
    image: ghcr.io/kubeflow/katib/suggestion-optuna:v0.19.0
    resources:
      limits:
        cpu: "1"
"""

LITERAL_LAST = """\
apiVersion: config.kubeflow.org/v1beta1
kind: KatibConfig
init:
  controller:
    trialResources: [PyTorchJob.v1.kubeflow.org]
runtime:
  suggestions:
  - image: example/other:1
    algorithmName: other
    env:
    - name: SCRIPT
      value: |
        a

        b
  earlyStoppings: []
"""

CONFIGS = {
    "0.17": PLAIN_017,
    "0.18 edited": EDITED_018,
    "0.19 marshalled": MARSHALLED_019,
    "no final line break": MARSHALLED_019.removesuffix("\n"),
    "literal last": LITERAL_LAST,
    "blank lines at the end": MARSHALLED_019 + "\n\n",
    "windows": PLAIN_017.replace("\n", "\r\n"),
}
