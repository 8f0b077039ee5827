# The course with JupyterLab, for one person: docker build -t cnn-course .
#   docker run --rm -p 127.0.0.1:8888:8888 cnn-course
# The address with its token is in what it prints.
FROM python:3.12-slim-bookworm AS made
WORKDIR /home/student/course
COPY . .
# From the hashed lock, as everywhere. All comes as wheels: no compiler is needed.
RUN python course.py setup

FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 1000 student
COPY --from=made --chown=student /home/student/course /home/student/course
USER student
WORKDIR /home/student/course
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import urllib.request as u; u.urlopen('http://127.0.0.1:8888/api', timeout=4)"]
# A container has no display, and its network is its own.
ENV LAB_FLAGS="--no-browser --ServerApp.ip=0.0.0.0"
CMD ["python", "course.py", "lab"]
