"""The original's five jobs on Amazon SageMaker.

launch.py and jobs.py run where you are and ask SageMaker for a pipeline; container.py runs inside its jobs, around the C program.
"""
